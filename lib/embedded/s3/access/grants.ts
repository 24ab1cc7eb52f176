import { canonicalId } from "../auth/users";
import { S3Error } from "../protocol/errors";
import { child, childrenOf, expectRoot, textOf, type XmlNode } from "../protocol/xml-read";
import { leaf, xmlDocument } from "../protocol/xml-write";
import type { Grant, Permission } from "../store/database/records";

/** ACLs as they are sent and answered. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html */

const permissions = ["FULL_CONTROL", "READ", "READ_ACP", "WRITE", "WRITE_ACP"] as const;
const MAX_GRANTS = 100;
const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

const isPermission = (text: string | undefined): text is Permission => permissions.some((one) => one === text);
const isGroup = (grantee: string) => grantee.includes("://");

/** The AccessControlPolicy document. @param names display names by canonical id */
export function renderGrants(owner: string, grants: readonly Grant[], names: ReadonlyMap<string, string>): string {
  const user = (id: string) => leaf("ID", id) + leaf("DisplayName", names.get(id));
  const rendered = grants.map(({ grantee, permission }) => {
    const inner = isGroup(grantee) ? leaf("URI", grantee) : user(grantee);
    const type = isGroup(grantee) ? "Group" : "CanonicalUser";
    return `<Grant><Grantee ${XSI} xsi:type="${type}">${inner}</Grantee>${leaf("Permission", permission)}</Grant>`;
  });
  return xmlDocument(
    "AccessControlPolicy",
    `<Owner>${user(canonicalId(owner))}</Owner>`,
    `<AccessControlList>${rendered.join("")}</AccessControlList>`,
  );
}

/**
 * Reads an AccessControlPolicy document.
 * @throws S3Error MalformedACLError, AccessDenied for another owner than the resource has, MethodNotAllowed for a grantee
 * named by an e-mail address
 */
export function parseGrants(xml: string, owner: string): Grant[] {
  const root = expectRoot(xml, "AccessControlPolicy");
  const list = child(root, "AccessControlList");
  const grants = childrenOf(list, "Grant");
  const ownerId = textOf(child(root, "Owner"), "ID");
  if (!list || !ownerId || grants.length > MAX_GRANTS) throw new S3Error("MalformedACLError");
  if (ownerId !== canonicalId(owner)) throw new S3Error("AccessDenied", "An ACL cannot change the owner.");
  return grants.map((grant) => {
    const permission = textOf(grant, "Permission");
    if (!isPermission(permission)) throw new S3Error("MalformedACLError");
    return { grantee: granteeOf(child(grant, "Grantee")), permission };
  });
}

function granteeOf(node: XmlNode | undefined): string {
  const [email, uri, id] = ["EmailAddress", "URI", "ID"].map((name) => textOf(node, name));
  const named = [email, uri, id].filter((one) => one !== undefined);
  if (named.length !== 1) throw new S3Error("MalformedACLError");
  if (email !== undefined) throw byEmail();
  const grantee = uri ?? id;
  // What is no URI of a group must not come back as an id, nor the other way round.
  if (!grantee || isGroup(grantee) !== (uri !== undefined)) throw new S3Error("InvalidArgument", "Invalid id");
  return grantee;
}

/**
 * The grants in `x-amz-grant-*`: `uri="…", id="…"`.
 * @param field value by lower-case name of the header
 * @returns `undefined` without such headers
 * @throws S3Error InvalidArgument, MethodNotAllowed for a grantee named by an e-mail address
 */
export function grantsOfHeaders(field: (name: string) => string | undefined): Grant[] | undefined {
  const sent = permissions.flatMap((permission) => {
    const header = `x-amz-grant-${permission.toLowerCase().replace("_", "-")}`;
    const value = field(header);
    return value === undefined ? [] : [{ permission, header, value }];
  });
  if (sent.length === 0) return undefined;
  const grants = sent.flatMap(({ permission, header, value }) =>
    value.split(",").map((one) => {
      const [, kind, grantee = ""] = /^\s*(uri|id|emailAddress)\s*=\s*"?([^"]+)"?\s*$/i.exec(one) ?? [];
      const name = kind?.toLowerCase();
      if (name === "emailaddress") throw byEmail();
      if (name === undefined || isGroup(grantee) !== (name === "uri"))
        throw new S3Error("InvalidArgument", undefined, { ArgumentName: header, ArgumentValue: value });
      return { grantee, permission };
    }),
  );
  if (grants.length > MAX_GRANTS) throw new S3Error("InvalidArgument", `An ACL has ${MAX_GRANTS} grants at most.`);
  return grants;
}

/** S3 refuses them since October 2025. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html */
function byEmail(): S3Error {
  return new S3Error("MethodNotAllowed", "Grants to e-mail addresses are not supported: name the grantee by its id.");
}
