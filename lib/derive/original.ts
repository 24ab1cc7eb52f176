import "server-only";
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AppError } from "@/lib/errors";
import { getObject } from "@/lib/storage/objects";

export type Pinned = { key: string; versionId: string; sizeBytes: number; etag: string };

/**
 * Streams the pinned version of an original into a new file and checks it on the way. Returns whether the bytes are the
 * verified ones. Throws AppError (the storage's), or UNAVAILABLE when the connection broke.
 */
export async function fetchOriginal(pinned: Pinned, filePath: string): Promise<boolean> {
  const { body, sizeBytes, etag } = await getObject({ key: pinned.key, versionId: pinned.versionId });
  if (sizeBytes !== pinned.sizeBytes || etag !== pinned.etag) {
    body.destroy();
    return false;
  }
  const md5 = createHash("md5");
  let seenBytes = 0;
  async function* check(source: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      md5.update(chunk);
      seenBytes += chunk.length;
      yield chunk;
    }
  }
  try {
    await pipeline(body, check, createWriteStream(filePath, { flags: "w", mode: 0o600 }));
  } catch (cause) {
    throw new AppError("UNAVAILABLE", "The connection to the storage broke while reading a picture.", { cause });
  }
  if (seenBytes !== pinned.sizeBytes) return false;
  // The ETag of a body sent in one part is its MD5, unless KMS encrypted it; one sent in parts has "-N" behind it.
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
  const isMd5 = /^[0-9a-f]{32}$/.test(pinned.etag);
  return !isMd5 || md5.digest("hex") === pinned.etag;
}
