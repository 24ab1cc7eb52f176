import { createHash } from "node:crypto";
import type { Session } from "./session";
import { toBase32 } from "./session-token";

/** A user with an access key. The first user is root, who may manage every bucket. */
export interface S3User {
  readonly name: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type AuthType = "REST-HEADER" | "REST-QUERY-STRING" | "POST";

/** The authenticated caller of a request. */
export type Identity =
  | { readonly kind: "anonymous" }
  | {
      readonly kind: "user";
      readonly name: string;
      readonly isRoot: boolean;
      readonly accessKeyId: string;
      readonly authType: AuthType;
      /** When the signature was made, in milliseconds. */
      readonly signedAt: number;
    }
  | {
      readonly kind: "session";
      readonly session: Session;
      /** Owner of the buckets and objects it makes; for a role this is the account's root. */
      readonly owner: string;
      readonly accessKeyId: string;
      readonly authType: AuthType;
      readonly signedAt: number;
    };

/** The user whose rights limit a caller's; `undefined` for a role and an anonymous caller. */
export function userBehind(identity: Identity): { readonly name: string; readonly isRoot: boolean } | undefined {
  if (identity.kind === "user") return identity;
  return identity.kind === "session" && identity.session.kind !== "role" ? identity.session.user : undefined;
}

/** The owner of what a caller makes, `undefined` for an anonymous caller. */
export function ownerName(identity: Identity): string | undefined {
  if (identity.kind === "anonymous") return undefined;
  return identity.kind === "user" ? identity.name : identity.owner;
}

/** The account all users belong to; its number appears in ARNs and owner ids. */
export const ACCOUNT_ID = "000000000000";

export function userArn(name: string): string {
  return `arn:aws:iam::${ACCOUNT_ID}:user/${name}`;
}

/** Derives a unique id in AWS's form (`AIDA…`, `AROA…`) from a name. */
export function idOf(prefix: "AIDA" | "AROA", name: string): string {
  return prefix + toBase32(createHash("sha256").update(`${prefix} ${name}`).digest().subarray(0, 17));
}

/** Users by access key and by name. */
export class UserDirectory {
  readonly #byKey: ReadonlyMap<string, S3User>;
  readonly #names: ReadonlySet<string>;
  readonly #root: string;

  /** @throws Error without users, on a repeated access key, or on an empty field. */
  constructor(users: readonly S3User[]) {
    const [root] = users;
    if (!root) throw new Error("The S3 store needs at least one user.");
    for (const user of users) {
      if (!/^[\w+=,.@-]{1,64}$/.test(user.name))
        throw new Error(`"${user.name}" is no valid user name for the S3 store.`);
      if (!/^[\w.-]{3,128}$/.test(user.accessKeyId))
        throw new Error(`The access key of S3 user ${user.name} is malformed.`);
      if (user.secretAccessKey.length < 8)
        throw new Error(`The secret key of S3 user ${user.name} is shorter than 8 characters.`);
    }
    this.#byKey = new Map(users.map((user) => [user.accessKeyId, user]));
    if (this.#byKey.size !== users.length) throw new Error("Two users of the S3 store have the same access key.");
    this.#names = new Set(users.map((user) => user.name));
    this.#root = root.name;
  }

  /** Name of the account's root. */
  get root(): string {
    return this.#root;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  find(accessKeyId: string): S3User | undefined {
    return this.#byKey.get(accessKeyId);
  }

  identify(user: S3User, authType: AuthType, signedAt: number): Identity {
    const { name, accessKeyId } = user;
    return { kind: "user", name, isRoot: name === this.#root, accessKeyId, authType, signedAt };
  }
}
