import "server-only";
import { createWriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AppError } from "@/lib/errors";
import { getObject } from "@/lib/storage/objects/objects";
import { type Digests, type Pinned, PinnedDigests } from "./pinned-digests";

/**
 * Downloads the pinned version of an original to a file and compares it with what the storage said of it: its size, its ETag,
 * and the MD5 of an object of one part or the CRC64NVME of one in parts. Returns the checksums of the bytes, or null when they
 * differ from the verified ones. Throws AppError of the storage, UNAVAILABLE when the connection broke.
 */
export async function fetchOriginal(pinned: Pinned, filePath: string): Promise<Digests | null> {
  const { body, sizeBytes, etag, md5 } = await getObject({ key: pinned.key, versionId: pinned.versionId });
  if (sizeBytes !== pinned.sizeBytes || etag !== pinned.etag) {
    body.destroy();
    return null;
  }
  const running = new PinnedDigests({ ...pinned, md5 });
  const savedBytes = await save(body, filePath, (chunk) => running.update(chunk));
  return savedBytes === pinned.sizeBytes ? running.digests() : null;
}

/**
 * Downloads the first bytes of an original. Returns false when its ETag differs from the verified one. Throws as
 * `fetchOriginal`.
 */
export async function fetchBeginning(pinned: Pinned, filePath: string, sizeBytes: number): Promise<boolean> {
  const range = { start: 0, end: Math.min(sizeBytes, pinned.sizeBytes) - 1 };
  const { body, etag } = await getObject({ key: pinned.key, versionId: pinned.versionId, range });
  if (etag !== pinned.etag) {
    body.destroy();
    return false;
  }
  await save(body, filePath, () => undefined);
  return true;
}

/** Writes the stream to a file and passes each chunk to `onChunk`. Returns the number of bytes. */
async function save(body: Readable, filePath: string, onChunk: (chunk: Buffer) => void): Promise<number> {
  let savedBytes = 0;
  async function* watch(source: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      onChunk(chunk);
      savedBytes += chunk.length;
      yield chunk;
    }
  }
  try {
    await pipeline(body, watch, createWriteStream(filePath, { flags: "w", mode: 0o600 }));
  } catch (cause) {
    throw new AppError("UNAVAILABLE", "The connection to the storage was lost while a file was read.", { cause });
  }
  return savedBytes;
}
