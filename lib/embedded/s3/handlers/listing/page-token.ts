import { crc32 } from "node:zlib";
import { S3Error } from "../../protocol/errors";

/** Makes a continuation token: a checksum, which detects forged and truncated tokens, and the name the next page starts after. */
export function writeToken(after: string): string {
  const bytes = Buffer.from(after);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return Buffer.concat([sum, bytes]).toString("base64url");
}

/** @throws S3Error InvalidArgument */
export function readToken(token: string): string {
  const after = Buffer.from(token, "base64url").toString("utf8", 4);
  if (writeToken(after) !== token) throw new S3Error("InvalidArgument", "The continuation token provided is incorrect");
  return after;
}
