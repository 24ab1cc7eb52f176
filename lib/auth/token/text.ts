import "server-only";
import { hash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const prefix = "atoll_";
const secretBytes = 20;
/** As many digits as the largest secret and the largest CRC-32 have in base 62. */
const secretDigits = 27;
const checksumDigits = 6;
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const base = BigInt(alphabet.length);
const shape = new RegExp(`^${prefix}([0-9A-Za-z]{${secretDigits}})([0-9A-Za-z]{${checksumDigits}})$`);

function base62(value: bigint, digits: number): string {
  let text = "";
  for (let left = value; text.length < digits; left /= base) text = alphabet[Number(left % base)] + text;
  return text;
}

function checksumOf(secret: string): string {
  return base62(BigInt(crc32(secret)), checksumDigits);
}

/**
 * Returns the text of a new API token: `atoll_`, 160 random bits as 27 digits in base 62, and the CRC-32 of those digits as 6 more, by
 * which secret scanners and `isTokenText` tell a token from what only looks like one.
 */
export function newTokenText(): string {
  const secret = base62(BigInt(`0x${randomBytes(secretBytes).toString("hex")}`), secretDigits);
  return `${prefix}${secret}${checksumOf(secret)}`;
}

/** Tells whether this can be the text of a token: one with a typing error cannot. */
export function isTokenText(text: string): boolean {
  const [, secret = "", checksum] = shape.exec(text) ?? [];
  return checksum !== undefined && checksum === checksumOf(secret);
}

/** Returns what is stored of a token, in hex. */
export function hashOfToken(text: string): string {
  return hash("sha256", text, "hex");
}
