import type { Statement } from "@/lib/policy/document";
import type { RoleRecord } from "../store/database/records";
import type { UserRights } from "./user-rights";

/** A session whose token is valid and whose user or role still exists. */
export type Session = {
  /** The session as policies name it: `arn:aws:sts::…:assumed-role/role/session` and the like. */
  readonly arn: string;
  /** ARN of the role or user the session was made from. */
  readonly behindArn: string;
  /** `AROA…:session`, `account:name` or `AIDA…`. */
  readonly userId: string;
  /** Name of the user who asked for it, or for the session it was made from. */
  readonly by: string;
  /** Milliseconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** The session's own policy, which limits its rights; `undefined` does not limit them. */
  readonly policy: readonly Statement[] | undefined;
} & (
  | { readonly kind: "role"; readonly role: RoleRecord; readonly rolePolicies: readonly Statement[] }
  | { readonly kind: "federated" | "user" /** Whose rights limit the session's. */; readonly user: UserRights }
);
