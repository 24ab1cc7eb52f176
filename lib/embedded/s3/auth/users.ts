import { createHash } from "node:crypto";
import { parsePolicy, type Statement } from "@/lib/policy/document";
import type { Session } from "./session";
import { toBase32 } from "./session-token";
import type { UserRights } from "./user-rights";

/** A user with an access key. The first user is root, who may manage every bucket. */
export interface S3User {
  readonly name: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /**
   * Policies of what it may do, as objects or as JSON. A user with policies is limited to them and to what bucket policies
   * and ACLs give it: it owns nothing, what it makes belongs to root. One without may make buckets and owns them.
   */
  readonly policies?: readonly (string | object)[];
}

export type AuthType = "REST-HEADER" | "REST-QUERY-STRING" | "POST";

/** The authenticated caller of a request. */
export type Identity =
  | { readonly kind: "anonymous" }
  | ({
      readonly kind: "user";
      /** Owner of the buckets and objects it makes; for a limited user this is the account's root. */
      readonly owner: string;
      readonly accessKeyId: string;
      readonly authType: AuthType;
      /** When the signature was made, in milliseconds. */
      readonly signedAt: number;
    } & UserRights)
  | {
      readonly kind: "session";
      readonly session: Session;
      /** Owner of the buckets and objects it makes; for a role this is the account's root. */
      readonly owner: string;
      readonly accessKeyId: string;
      readonly authType: AuthType;
      readonly signedAt: number;
    };

/** The user whose ownership gives a caller rights; `undefined` for a role, a limited user and an anonymous caller. */
export function ownerBehind(identity: Identity): UserRights | undefined {
  const user = userBehind(identity);
  return user?.policies ? undefined : user;
}

function userBehind(identity: Identity): UserRights | undefined {
  if (identity.kind === "user") return identity;
  return identity.kind === "session" && identity.session.kind !== "role" ? identity.session.user : undefined;
}

/** The policies of the role or the limited user behind a caller; `undefined` where rights come from ownership alone. */
export function identityPolicies(identity: Identity): readonly Statement[] | undefined {
  if (identity.kind === "session" && identity.session.kind === "role") return identity.session.rolePolicies;
  return userBehind(identity)?.policies;
}

/** The owner of what a caller makes, `undefined` for an anonymous caller. */
export function ownerName(identity: Identity): string | undefined {
  return identity.kind === "anonymous" ? undefined : identity.owner;
}

/** The account all users belong to; its number appears in ARNs and owner ids. */
export const ACCOUNT_ID = "000000000000";

export function userArn(name: string): string {
  return `arn:aws:iam::${ACCOUNT_ID}:user/${name}`;
}

/** Returns a user's canonical id of 64 characters, as in S3; long names are hashed, which keeps ids unique. */
export function canonicalId(user: string): string {
  const full = `${ACCOUNT_ID}/${user}`;
  const hex = Buffer.from(full).toString("hex");
  return hex.length > 64 ? createHash("sha256").update(full).digest("hex") : hex.padEnd(64, "0");
}

/** Derives a unique id in AWS's form (`AIDA…`, `AROA…`) from a name. */
export function idOf(prefix: "AIDA" | "AROA", name: string): string {
  return prefix + toBase32(createHash("sha256").update(`${prefix} ${name}`).digest().subarray(0, 17));
}

/** Users by access key and by name. */
export class UserDirectory {
  readonly #byKey: ReadonlyMap<string, S3User>;
  readonly #rights: ReadonlyMap<string, UserRights>;
  readonly #canonicalIds: ReadonlySet<string>;
  readonly #root: string;

  /** @throws Error without users, on a repeated access key, on an empty field, or on a malformed policy. */
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
    this.#root = root.name;
    if (root.policies) throw new Error("The first user of the S3 store is root and cannot be limited by policies.");
    this.#rights = new Map(users.map((user) => [user.name, rightsOf(user, root.name)]));
    const owning = [...this.#rights.values()].filter(({ policies }) => policies === undefined);
    this.#canonicalIds = new Set(owning.map(({ name }) => canonicalId(name)));
  }

  /** Name of the account's root. */
  get root(): string {
    return this.#root;
  }

  has(name: string): boolean {
    return this.#rights.has(name);
  }

  rightsOf(name: string): UserRights | undefined {
    return this.#rights.get(name);
  }

  /** Owner of what a user makes. */
  ownerFor({ name, policies }: UserRights): string {
    return policies ? this.#root : name;
  }

  names(): IterableIterator<string> {
    return this.#rights.keys();
  }

  /** Whether a user that can own buckets and objects has this id. */
  hasCanonicalId(id: string): boolean {
    return this.#canonicalIds.has(id);
  }

  find(accessKeyId: string): S3User | undefined {
    return this.#byKey.get(accessKeyId);
  }

  identify({ name, accessKeyId }: S3User, authType: AuthType, signedAt: number): Identity {
    const rights = this.#rights.get(name) ?? { name, isRoot: false, policies: [] };
    return { kind: "user", ...rights, owner: this.ownerFor(rights), accessKeyId, authType, signedAt };
  }
}

function rightsOf({ name, policies }: S3User, root: string): UserRights {
  const parse = (policy: string | object) =>
    parsePolicy(typeof policy === "string" ? policy : JSON.stringify(policy), "identity");
  try {
    return { name, isRoot: name === root, policies: policies?.flatMap(parse) };
  } catch (error) {
    throw new Error(`A policy of S3 user ${name} is malformed: ${(error as Error).message}`);
  }
}
