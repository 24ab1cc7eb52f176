import "server-only";
import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign } from "node:crypto";
import { env } from "@/lib/env";

/** PKCS #8 of an Ed25519 key, up to the 32 bytes of the seed (RFC 8410, section 7). */
const pkcs8Head = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * Derives the site's key for receipts from NEXTAUTH_SECRET by HKDF-SHA-256 (RFC 5869): the same on every machine and after every
 * restart. A new secret gives a new key; receipts from before are checked with the old public key.
 */
function privateKey(): KeyObject {
  const seed = Buffer.from(hkdfSync("sha256", env().NEXTAUTH_SECRET, "", "atoll receipt, Ed25519, version 1", 32));
  return createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: "der", type: "pkcs8" });
}

/** Returns the public key in PEM (SPKI). */
export function receiptPublicKey(): string {
  return createPublicKey(privateKey()).export({ format: "pem", type: "spki" }).toString();
}

/** Signs bytes by Ed25519 (RFC 8032, not the prehashed form). Returns base64. */
export function signReceipt(bytes: Uint8Array): string {
  return sign(null, bytes, privateKey()).toString("base64");
}
