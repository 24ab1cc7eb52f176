import type { Statement } from "@/lib/policy/document";
import type { RoleRecord } from "../store/records";

/** The user a session was made from, whose rights it has at most. */
interface SessionUser {
  readonly name: string;
  readonly isRoot: boolean;
}

/** Temporary rights, as their token tells them and the store still stands by them. */
export type Session = {
  /** The session as policies name it: `arn:aws:sts::…:assumed-role/role/session` and the like. */
  readonly arn: string;
  /** ARN of the role or user the session was made from. */
  readonly behindArn: string;
  /** `AROA…:session`, `account:name` or `AIDA…`. */
  readonly userId: string;
  /** Name of the user it goes back to. */
  readonly by: string;
  /** Milliseconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** The session's own policy, beyond which it may nothing; `undefined` does not limit it. */
  readonly policy: readonly Statement[] | undefined;
} & (
  | { readonly kind: "role"; readonly role: RoleRecord; readonly rolePolicies: readonly Statement[] }
  | { readonly kind: "federated" | "user"; readonly user: SessionUser }
);
