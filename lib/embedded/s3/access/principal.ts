import type { Principal } from "@/lib/policy/evaluate";
import { ACCOUNT_ID, type Identity, idOf, userArn } from "../auth/users";

/** Returns a caller as policies name it, `undefined` for an anonymous one. */
export function principalOf(identity: Identity): Principal | undefined {
  if (identity.kind === "anonymous") return undefined;
  if (identity.kind === "user") return { arn: userArn(identity.name), accountId: ACCOUNT_ID };
  const { arn, behindArn } = identity.session;
  return { arn, behindArn, accountId: ACCOUNT_ID };
}

/**
 * Returns the value of a condition key about the caller, `undefined` where it has none: only users have a name, only
 * sessions a time of issue.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function principalCondition(identity: Identity, key: string): string | undefined {
  if (identity.kind === "anonymous") return key === "aws:principaltype" ? "Anonymous" : undefined;
  const session = identity.kind === "session" ? identity.session : undefined;
  switch (key) {
    case "aws:principalarn":
      return principalArn(identity);
    case "aws:principalaccount":
      return ACCOUNT_ID;
    case "aws:principaltype":
      return session?.kind === "role" ? "AssumedRole" : session?.kind === "federated" ? "FederatedUser" : "User";
    case "aws:userid":
      return userIdOf(identity);
    case "aws:username":
      if (identity.kind === "user") return identity.name;
      return session?.kind === "user" ? session.user.name : undefined;
    case "aws:tokenissuetime":
      return session && new Date(session.issuedAt).toISOString();
    case "aws:multifactorauthpresent":
      return session && "false"; // AWS has this key for temporary credentials alone
    default:
      return undefined;
  }
}

type Known = Exclude<Identity, { kind: "anonymous" }>;

/** For an assumed role this is the role's ARN, not the session's. */
function principalArn(identity: Known): string {
  if (identity.kind === "user") return userArn(identity.name);
  const { kind, arn, behindArn } = identity.session;
  return kind === "role" ? behindArn : arn;
}

/** The unique id of a caller: `AIDA…`, `AROA…:session` or `account:name`. */
export function userIdOf(identity: Known): string {
  return identity.kind === "user" ? idOf("AIDA", identity.name) : identity.session.userId;
}
