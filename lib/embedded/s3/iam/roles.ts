import { parsePolicy } from "@/lib/policy/document";
import { roleArn, roleSessionSeconds } from "../auth/role";
import { randomBase32 } from "../auth/session-token";
import { uriEncode } from "../auth/sigv4";
import { leaf, tag } from "../protocol/xml-write";
import { isoSeconds } from "../query/action";
import { QueryError } from "../query/errors";
import type { RoleRecord } from "../store/database/records";
import { changeRole, forRoot, page, requireRole, roleName } from "./administration";

const pathRule = { min: 1, max: 512, pattern: /^(\/|\/[\u0021-\u007e]+\/)$/ };
const pathPrefixRule = { min: 1, max: 512, pattern: /^\/[\u0021-\u007f]*$/ };
const descriptionRule = { min: 0, max: 1000, pattern: /^[\t\n\r\u0020-\u007e\u00a1-\u00ff]*$/ };
export const documentRule = { min: 1, max: 131_072, pattern: /^[\t\n\r\u0020-\u00ff]+$/ };

/** Quotas. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const MAX_TRUST_CHARACTERS = 2048;
const MAX_ROLES = 1000;

/** Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export const createRole = forRoot(
  "CreateRole",
  ["RoleName", "Path", "AssumeRolePolicyDocument", "Description", "MaxSessionDuration"],
  async (call) => {
    const { parameters, service } = call;
    const name = roleName(call);
    const trust = parameters.required("AssumeRolePolicyDocument", documentRule);
    const description = parameters.optional("Description", descriptionRule);
    const role: RoleRecord = {
      name,
      path: parameters.optional("Path", pathRule) ?? "/",
      id: `AROA${randomBase32(17)}`,
      createdAt: call.request.receivedAt,
      maxSessionSeconds: parameters.number("MaxSessionDuration", roleSessionSeconds.least, roleSessionSeconds),
      ...(description !== undefined && { description }),
      trust,
      policies: [],
    };
    parsePolicy(trust, "trust");
    if (trust.replace(/\s/g, "").length > MAX_TRUST_CHARACTERS) {
      throw new QueryError("LimitExceeded", `Cannot exceed quota for ACLSizePerRole: ${MAX_TRUST_CHARACTERS}`);
    }
    if (service.roles.stored.all().length >= MAX_ROLES)
      throw new QueryError("LimitExceeded", `Cannot exceed quota for RolesPerAccount: ${MAX_ROLES}`);
    if (service.roles.isConfigured(name) || !(await service.roles.stored.create(role)))
      throw new QueryError("EntityAlreadyExists", `Role with name ${name} already exists.`);
    return [renderRole(role)];
  },
);

export const getRole = forRoot("GetRole", ["RoleName"], async (call) => [renderRole(requireRole(call))]);

export const listRoles = forRoot("ListRoles", ["PathPrefix", "Marker", "MaxItems"], async (call) => {
  const prefix = call.parameters.optional("PathPrefix", pathPrefixRule) ?? "/";
  const found = call.service.roles.all().filter(({ path }) => path.startsWith(prefix));
  const { items, isTruncated, marker } = page(call, found, ({ name }) => name);
  return [
    tag("Roles", ...items.map((role) => tag("member", elementsOf(role)))),
    leaf("IsTruncated", isTruncated),
    leaf("Marker", marker),
  ];
});

/** Its sessions end with it. Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html */
export const deleteRole = forRoot("DeleteRole", ["RoleName"], async (call) => {
  await changeRole(call, ({ policies }) => {
    if (policies.length === 0) return undefined;
    throw new QueryError("DeleteConflict", "Cannot delete entity, must delete policies first.");
  });
  return undefined;
});

function renderRole(role: RoleRecord): string {
  return tag("Role", elementsOf(role));
}

/** Policies are percent-encoded in answers. */
function elementsOf(role: RoleRecord): string {
  return [
    leaf("Path", role.path),
    leaf("RoleName", role.name),
    leaf("RoleId", role.id),
    leaf("Arn", roleArn(role)),
    leaf("CreateDate", isoSeconds(role.createdAt)),
    leaf("AssumeRolePolicyDocument", uriEncode(role.trust)),
    leaf("Description", role.description),
    leaf("MaxSessionDuration", role.maxSessionSeconds),
  ].join("");
}
