/** Who may sign. The first user is root: every bucket is theirs to manage. */
export interface S3User {
  readonly name: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export type AuthType = "REST-HEADER" | "REST-QUERY-STRING" | "POST";

/** Who makes a request, as its signature proves. */
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
    };

/** The account all users belong to; its number appears in ARNs and owner ids. */
export const ACCOUNT_ID = "000000000000";

export function userArn(name: string): string {
  return `arn:aws:iam::${ACCOUNT_ID}:user/${name}`;
}

/** Users by access key. */
export class UserDirectory {
  readonly #byKey: ReadonlyMap<string, S3User>;
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
    this.#root = root.name;
  }

  find(accessKeyId: string): S3User | undefined {
    return this.#byKey.get(accessKeyId);
  }

  identify(user: S3User, authType: AuthType, signedAt: number): Identity {
    const { name, accessKeyId } = user;
    return { kind: "user", name, isRoot: name === this.#root, accessKeyId, authType, signedAt };
  }
}
