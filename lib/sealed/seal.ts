import "server-only";
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { env } from "@/lib/env";

/** What a sealed text is for: the name is part of its key, so a text of one purpose never opens as another's. */
export type Purpose = "list cursor";

const saltBytes = 16;
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
/** Values are padded to a multiple of this many bytes, so that the length of a text does not reveal what is in it. */
const blockBytes = 64;

/**
 * Derives key and nonce from the site's secret by HKDF-SHA-256 (RFC 5869). The salt is random and in the text, so each text has a
 * key of its own: AES-GCM with one key and random nonces may seal only 2³² texts (NIST SP 800-38D, 8.3).
 */
function keyOf(purpose: Purpose, salt: Buffer): { key: Buffer; nonce: Buffer } {
  const info = `atoll ${purpose}, AES-256-GCM, version 1`;
  const bytes = Buffer.from(hkdfSync("sha256", env().NEXTAUTH_SECRET, salt, info, keyBytes + nonceBytes));
  return { key: bytes.subarray(0, keyBytes), nonce: bytes.subarray(keyBytes) };
}

/** Authenticated, not encrypted: a text opens only where it is opened with the same context. */
function bound(context: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(context));
}

function padded(value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  // JSON ignores spaces at its end.
  const padding = Buffer.alloc(Math.ceil(text.length / blockBytes) * blockBytes - text.length, " ");
  return Buffer.concat([text, padding]);
}

/**
 * Returns a JSON value encrypted and authenticated as text for a URL: base64url(salt, AES-256-GCM(value), tag). Who holds the text
 * can neither read nor change it, nor use it with another context, purpose or site.
 */
export function seal(purpose: Purpose, context: readonly string[], value: unknown): string {
  const salt = randomBytes(saltBytes);
  const { key, nonce } = keyOf(purpose, salt);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(bound(context));
  const body = Buffer.concat([cipher.update(padded(value)), cipher.final()]);
  return Buffer.concat([salt, body, cipher.getAuthTag()]).toString("base64url");
}

/** Returns the value of a text; undefined for one that `seal` did not return for this purpose and context with this secret. */
export function unseal(purpose: Purpose, context: readonly string[], text: string): unknown {
  const bytes = Buffer.from(text, "base64url");
  const tagAt = bytes.length - tagBytes;
  // Decoding skips other characters and unused bits: one value has one text.
  if (tagAt <= saltBytes || bytes.toString("base64url") !== text) return undefined;
  const { key, nonce } = keyOf(purpose, bytes.subarray(0, saltBytes));
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(bound(context));
  decipher.setAuthTag(bytes.subarray(tagAt));
  const body = decipher.update(bytes.subarray(saltBytes, tagAt));
  try {
    decipher.final();
  } catch {
    return undefined; // Forged, changed, of another context, or sealed with another secret.
  }
  return JSON.parse(body.toString("utf8"));
}
