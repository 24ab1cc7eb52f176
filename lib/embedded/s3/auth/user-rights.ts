import type { Statement } from "@/lib/policy/document";

/** The rights a user has by what it is. */
export interface UserRights {
  readonly name: string;
  readonly isRoot: boolean;
  /** What a limited user may do, all policies together; `undefined` for users that own buckets. */
  readonly policies: readonly Statement[] | undefined;
}
