import "server-only";
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AppError } from "@/lib/errors";
import { getObject } from "@/lib/storage/objects";

export type Pinned = { key: string; versionId: string; sizeBytes: number; etag: string };

/**
 * Streams the pinned version of an original into a new file and checks it on the way. Returns the MD5 of the
 * bytes, or null when they are not the verified ones. Throws AppError (the storage's), or UNAVAILABLE when the connection broke.
 */
export async function fetchOriginal(pinned: Pinned, filePath: string): Promise<string | null> {
  const { body, sizeBytes, etag, md5: wanted } = await getObject({ key: pinned.key, versionId: pinned.versionId });
  if (sizeBytes !== pinned.sizeBytes || etag !== pinned.etag) {
    body.destroy();
    return null;
  }
  const hash = createHash("md5");
  let seenBytes = 0;
  async function* check(source: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      hash.update(chunk);
      seenBytes += chunk.length;
      yield chunk;
    }
  }
  try {
    await pipeline(body, check, createWriteStream(filePath, { flags: "w", mode: 0o600 }));
  } catch (cause) {
    throw new AppError("UNAVAILABLE", "The connection to the storage broke while reading a picture.", { cause });
  }
  const md5 = hash.digest("hex");
  return seenBytes === pinned.sizeBytes && (wanted === null || md5 === wanted) ? md5 : null;
}
