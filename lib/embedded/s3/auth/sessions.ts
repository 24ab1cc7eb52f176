import { parsePolicy } from "@/lib/policy/document";
import { S3Error } from "../protocol/errors";
import { roleArn, rolePolicies } from "./role";
import type { RoleDirectory } from "./role-directory";
import type { Session } from "./session";
import { type Claims, randomBase32, TokenSealer } from "./session-token";
import { ACCOUNT_ID, idOf, type UserDirectory, userArn } from "./users";

/** Temporary credentials, as STS returns them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds. */
  readonly expiresAt: number;
}

/** Access keys of sessions begin with this, those of users do not. */
const PREFIX = "ASIA";
const MAX_REMEMBERED = 1000;

interface Opened {
  readonly claims: Claims;
  readonly policy: Session["policy"];
}

/** Issues sessions, and opens them by their tokens: nothing of a session is stored. */
export class SessionDirectory {
  readonly #sealer: TokenSealer;
  /** The claims of recently opened tokens; whether a session is still valid is checked each time. */
  readonly #opened = new Map<string, Opened>();

  /** @param key 32 bytes */
  constructor(
    key: Buffer,
    private readonly users: UserDirectory,
    private readonly roles: RoleDirectory,
  ) {
    this.#sealer = new TokenSealer(key);
  }

  /** Issues credentials. @throws RangeError when the claims are too large; see `packedBytes` */
  issue(claims: Claims): Credentials {
    const accessKeyId = PREFIX + randomBase32(16);
    const sessionToken = this.#sealer.seal(accessKeyId, claims);
    return { accessKeyId, secretAccessKey: this.secretOf(accessKeyId), sessionToken, expiresAt: claims.expiresAt };
  }

  secretOf(accessKeyId: string): string {
    return this.#sealer.secretOf(accessKeyId);
  }

  /**
   * Opens the session of an access key and its token.
   * @param now milliseconds
   * @throws S3Error InvalidAccessKeyId without a token, or when user or role are gone; InvalidToken; ExpiredToken
   */
  open(accessKeyId: string, token: string | undefined, now: number): { session: Session; owner: string } {
    const unknown = () => new S3Error("InvalidAccessKeyId", undefined, { AWSAccessKeyId: accessKeyId });
    if (token === undefined || !accessKeyId.startsWith(PREFIX)) throw unknown();
    const opened = this.#unseal(accessKeyId, token);
    if (!opened) throw new S3Error("InvalidToken");
    if (now >= opened.claims.expiresAt) throw new S3Error("ExpiredToken");
    const session = this.#resolve(opened);
    if (!session) throw unknown();
    return { session, owner: session.kind === "role" ? this.users.root : this.users.ownerFor(session.user) };
  }

  #unseal(accessKeyId: string, token: string): Opened | undefined {
    const name = `${accessKeyId}\n${token}`;
    const known = this.#opened.get(name);
    if (known) return known;
    const claims = this.#sealer.open(accessKeyId, token);
    if (!claims) return undefined;
    const opened = { claims, policy: claims.policy === undefined ? undefined : parsePolicy(claims.policy, "identity") };
    if (this.#opened.size >= MAX_REMEMBERED) this.#opened.clear();
    this.#opened.set(name, opened);
    return opened;
  }

  /** Returns `undefined` when the user who asked for the session or its role was removed, which ends the session. */
  #resolve({ claims, policy }: Opened): Session | undefined {
    const { by, issuedAt, expiresAt } = claims;
    const user = this.users.rightsOf(by);
    if (!user) return undefined;
    const base = { by, issuedAt, expiresAt, policy };
    const behindArn = userArn(by);
    if (claims.kind === "user") {
      return { ...base, kind: "user", user, arn: behindArn, behindArn, userId: idOf("AIDA", by) };
    }
    if (claims.kind === "federated") {
      const arn = `arn:aws:sts::${ACCOUNT_ID}:federated-user/${claims.name}`;
      // Without a policy such a session has only the rights that a bucket policy grants to its name.
      const own = policy ?? [];
      return { ...base, kind: "federated", user, arn, behindArn, userId: `${ACCOUNT_ID}:${claims.name}`, policy: own };
    }
    const role = this.roles.find(claims.roleName);
    if (role?.id !== claims.roleId) return undefined;
    const { name, id } = role;
    return {
      ...base,
      kind: "role",
      role,
      rolePolicies: rolePolicies(role).identity,
      arn: `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${name}/${claims.sessionName}`,
      behindArn: roleArn(role),
      userId: `${id}:${claims.sessionName}`,
    };
  }
}
