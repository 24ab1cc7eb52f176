import { parsePolicy } from "@/lib/policy/document";
import { roleNamePattern } from "../auth/role";
import { uriEncode } from "../auth/sigv4";
import { leaf, tag } from "../protocol/xml-write";
import type { QueryCall } from "../query/action";
import { QueryError } from "../query/errors";
import { changeRole, forRoot, page, requireRole } from "./administration";
import { documentRule } from "./roles";

/** Of all inline policies of a role together, white space not counted. Source: reference_iam-quotas.html */
const MAX_POLICY_CHARACTERS = 10_240;

/** Adds a policy, or replaces the one of that name. Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html */
export const putRolePolicy = forRoot("PutRolePolicy", ["RoleName", "PolicyName", "PolicyDocument"], async (call) => {
  const name = policyName(call);
  const document = call.parameters.required("PolicyDocument", documentRule);
  parsePolicy(document, "identity");
  await changeRole(call, (role) => {
    const policies = [...role.policies.filter((one) => one.name !== name), { name, document }];
    const size = policies.reduce((sum, one) => sum + one.document.replace(/\s/g, "").length, 0);
    if (size <= MAX_POLICY_CHARACTERS) return { ...role, policies };
    const message = `Maximum policy size of ${MAX_POLICY_CHARACTERS} bytes exceeded for role ${role.name}`;
    throw new QueryError("LimitExceeded", message);
  });
  return undefined;
});

export const getRolePolicy = forRoot("GetRolePolicy", ["RoleName", "PolicyName"], async (call) => {
  const role = requireRole(call);
  const name = policyName(call);
  const policy = role.policies.find((one) => one.name === name);
  if (!policy) throw noSuchPolicy(name);
  return [
    leaf("RoleName", role.name),
    leaf("PolicyName", policy.name),
    leaf("PolicyDocument", uriEncode(policy.document)),
  ];
});

export const listRolePolicies = forRoot("ListRolePolicies", ["RoleName", "Marker", "MaxItems"], async (call) => {
  const names = requireRole(call).policies.map(({ name }) => name);
  const { items, isTruncated, marker } = page(call, names.sort(), (name) => name);
  return [
    tag("PolicyNames", ...items.map((name) => leaf("member", name))),
    leaf("IsTruncated", isTruncated),
    leaf("Marker", marker),
  ];
});

export const deleteRolePolicy = forRoot("DeleteRolePolicy", ["RoleName", "PolicyName"], async (call) => {
  const name = policyName(call);
  await changeRole(call, (role) => {
    const policies = role.policies.filter((one) => one.name !== name);
    if (policies.length === role.policies.length) throw noSuchPolicy(name);
    return { ...role, policies };
  });
  return undefined;
});

function policyName({ parameters }: QueryCall): string {
  return parameters.required("PolicyName", { min: 1, max: 128, pattern: roleNamePattern });
}

function noSuchPolicy(name: string): QueryError {
  return new QueryError("NoSuchEntity", `The role policy with name ${name} cannot be found.`);
}
