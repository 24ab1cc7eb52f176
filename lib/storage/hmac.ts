import { hash } from "node:crypto";

const blockBytes = 64;

/**
 * Returns a function that computes HMAC-SHA-256 (RFC 2104) with one key, in hex, for many short texts. It calls crypto.hash()
 * twice, which takes less than half the time of createHmac(), because no OpenSSL object is created per text. Throws
 * RangeError for a key of more than 64 bytes and for a text of more than `maxBytes` in UTF-8.
 */
export function hmacSha256(key: Uint8Array, maxBytes: number): (text: string) => string {
  if (key.length > blockBytes) throw new RangeError(`the key has more than ${blockBytes} bytes`);
  const inner = Buffer.alloc(blockBytes + maxBytes + 4);
  const outer = Buffer.alloc(blockBytes + 32);
  for (let index = 0; index < blockBytes; index++) {
    inner[index] = (key[index] ?? 0) ^ 0x36;
    outer[index] = (key[index] ?? 0) ^ 0x5c;
  }
  return (text) => {
    // The buffer has four spare bytes, so that a text that is too long is detected instead of truncated.
    const end = blockBytes + inner.write(text, blockBytes, "utf8");
    if (end > blockBytes + maxBytes) throw new RangeError(`the text has more than ${maxBytes} bytes`);
    outer.write(hash("sha256", inner.subarray(0, end), "binary"), blockBytes, "binary");
    return hash("sha256", outer, "hex");
  };
}
