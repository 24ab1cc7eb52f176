import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";

/** The role or user of a session. */
export type SessionSubject =
  | { readonly kind: "role"; readonly roleName: string; readonly roleId: string; readonly sessionName: string }
  | { readonly kind: "federated"; readonly name: string }
  | { readonly kind: "user" };

/** The content of a session token. Nothing of a session is kept in the store. */
export type Claims = SessionSubject & {
  /** Name of the user who asked for the session, or for the session it was made from. */
  readonly by: string;
  /** Milliseconds, whole seconds as STS has them. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** The inline session policy, JSON without needless white space. */
  readonly policy?: string;
};

const VERSION = Buffer.from([1]);
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** A token of the largest session policy is about 4 KiB; a presigned URL and a form have room for it. */
export const MAX_CLAIMS_BYTES = 3072;
const MAX_INFLATED_BYTES = 64 * 1024;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Random characters of the alphabet of AWS's ids. */
export function randomBase32(length: number): string {
  return toBase32(randomBytes(length));
}

/** One character for each byte. */
export function toBase32(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => BASE32[byte & 31]).join("");
}

/**
 * Makes and opens session tokens: `base64url(version, nonce, AES-256-GCM(deflate(claims)), tag)`. The access key id is
 * authenticated with them, so that a token belongs to one key; the secret key is derived from the id.
 */
export class TokenSealer {
  readonly #tokenKey: Buffer;
  readonly #secretKey: Buffer;

  /** @param key 32 random bytes; tokens are valid as long as it is kept */
  constructor(key: Buffer) {
    const derive = (use: string) => Buffer.from(hkdfSync("sha256", key, "", `atoll s3 session ${use}`, 32));
    this.#tokenKey = derive("token");
    this.#secretKey = derive("secret");
  }

  /** Derives the secret key of an access key: 40 characters, as in AWS. */
  secretOf(accessKeyId: string): string {
    return createHmac("sha256", this.#secretKey).update(accessKeyId).digest("base64").slice(0, 40);
  }

  /** @throws RangeError when the claims are larger than `MAX_CLAIMS_BYTES` packed */
  seal(accessKeyId: string, claims: Claims): string {
    const packed = pack(claims);
    if (packed.length > MAX_CLAIMS_BYTES) throw new RangeError("The claims of a session are too large for its token.");
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#tokenKey, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.concat([VERSION, Buffer.from(accessKeyId)]));
    const body = Buffer.concat([cipher.update(packed), cipher.final()]);
    return Buffer.concat([VERSION, nonce, body, cipher.getAuthTag()]).toString("base64url");
  }

  /** Returns the claims, or `undefined` unless the token was sealed with this key for this access key. */
  open(accessKeyId: string, token: string): Claims | undefined {
    const bytes = Buffer.from(token, "base64url");
    // Decoding ignores other characters, and bits beyond the last byte.
    if (bytes.toString("base64url") !== token) return undefined;
    const bodyAt = VERSION.length + NONCE_BYTES;
    const tagAt = bytes.length - TAG_BYTES;
    if (tagAt < bodyAt || bytes[0] !== VERSION[0]) return undefined;
    const nonce = bytes.subarray(VERSION.length, bodyAt);
    const decipher = createDecipheriv("aes-256-gcm", this.#tokenKey, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.concat([VERSION, Buffer.from(accessKeyId)]));
    decipher.setAuthTag(bytes.subarray(tagAt));
    const packed = decipher.update(bytes.subarray(bodyAt, tagAt));
    try {
      decipher.final();
    } catch {
      return undefined; // forged, changed, of another access key, or of another store
    }
    return JSON.parse(inflateRawSync(packed, { maxOutputLength: MAX_INFLATED_BYTES }).toString("utf8")) as Claims;
  }
}

/** Size in bytes that claims take in a token before encryption. */
export function packedBytes(claims: Claims): number {
  return pack(claims).length;
}

function pack(claims: Claims): Buffer {
  return deflateRawSync(JSON.stringify(claims), { level: 9 });
}
