import { createHash } from "node:crypto";
import { ACCOUNT_ID } from "../auth/users";
import { S3Error } from "../protocol/errors";
import { child, childrenOf, expectRoot, textOf, type XmlNode } from "../protocol/xml-read";
import { leaf, xmlDocument } from "../protocol/xml-write";

/** One line of an ACL. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html */
export interface Grant {
  /** URI of a group or canonical id of a user. */
  readonly grantee: string;
  readonly permission: string;
}

const permissions = ["FULL_CONTROL", "READ", "READ_ACP", "WRITE", "WRITE_ACP"];
const MAX_GRANTS = 100;
const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

/** Returns a user's canonical id of 64 characters, as in S3; long names are hashed, which keeps ids unique. */
export function ownerId(user: string): string {
  const full = `${ACCOUNT_ID}/${user}`;
  const hex = Buffer.from(full).toString("hex");
  return hex.length > 64 ? createHash("sha256").update(full).digest("hex") : hex.padEnd(64, "0");
}

/** The AccessControlPolicy document. @param names display names by canonical id */
export function renderGrants(owner: string, grants: readonly Grant[], names: ReadonlyMap<string, string>): string {
  const user = (id: string) => leaf("ID", id) + leaf("DisplayName", names.get(id));
  const rendered = grants.map(({ grantee, permission }) => {
    const isGroup = grantee.includes("://");
    const inner = isGroup ? leaf("URI", grantee) : user(grantee);
    const type = isGroup ? "Group" : "CanonicalUser";
    return `<Grant><Grantee ${XSI} xsi:type="${type}">${inner}</Grantee>${leaf("Permission", permission)}</Grant>`;
  });
  return xmlDocument(
    "AccessControlPolicy",
    `<Owner>${user(ownerId(owner))}</Owner>`,
    `<AccessControlList>${rendered.join("")}</AccessControlList>`,
  );
}

/** @throws S3Error MalformedACLError, NotImplemented for a grantee named by an e-mail address */
export function parseGrants(xml: string): Grant[] {
  const list = child(expectRoot(xml, "AccessControlPolicy"), "AccessControlList");
  const grants = childrenOf(list, "Grant");
  if (!list || grants.length > MAX_GRANTS) throw new S3Error("MalformedACLError");
  return grants.map((grant) => {
    const permission = textOf(grant, "Permission") ?? "";
    if (!permissions.includes(permission)) throw new S3Error("MalformedACLError");
    return { grantee: granteeOf(child(grant, "Grantee")), permission };
  });
}

function granteeOf(node: XmlNode | undefined): string {
  if (textOf(node, "EmailAddress") !== undefined) throw byEmail();
  const grantee = textOf(node, "URI") ?? textOf(node, "ID");
  if (!grantee) throw new S3Error("MalformedACLError");
  return grantee;
}

/**
 * The grants in `x-amz-grant-*`: `uri="…", id="…"`.
 * @param field value by lower-case name of the header
 * @returns `undefined` without such headers
 * @throws S3Error InvalidArgument, NotImplemented for a grantee named by an e-mail address
 */
export function grantsOfHeaders(field: (name: string) => string | undefined): Grant[] | undefined {
  const sent = permissions.flatMap((permission) => {
    const header = `x-amz-grant-${permission.toLowerCase().replace("_", "-")}`;
    const value = field(header);
    return value === undefined ? [] : [{ permission, header, value }];
  });
  if (sent.length === 0) return undefined;
  return sent.flatMap(({ permission, header, value }) =>
    value.split(",").map((one) => {
      const [, kind, grantee = ""] = /^\s*(uri|id|emailAddress)\s*=\s*"?([^"]+)"?\s*$/i.exec(one) ?? [];
      if (kind === undefined)
        throw new S3Error("InvalidArgument", undefined, { ArgumentName: header, ArgumentValue: value });
      if (kind.toLowerCase() === "emailaddress") throw byEmail();
      return { grantee, permission };
    }),
  );
}

function byEmail(): S3Error {
  return new S3Error("NotImplemented", "Grants to e-mail addresses are not implemented.");
}
