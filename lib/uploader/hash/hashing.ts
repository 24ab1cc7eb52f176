import { createMD5, createSHA256, type IHasher } from "hash-wasm";
import { Crc64nvme } from "@/lib/checksum/crc64nvme";
import type { Digests } from "../state/file";
import type { Hasher, HashOptions } from "./hasher";

/** Files of at most so many bytes are read in one go, larger ones piece by piece. */
const wholeUpToBytes = 4 * 1024 * 1024;

/** Reads a file as a stream of small pieces: slices of megabytes take a browser twice the time. */
async function* piecesOf(file: Blob, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  const cancel = () => reader.cancel().catch(() => undefined);
  // Ends a read that hangs, as of a lost network drive.
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    // Closes the file after an early end; a broken stream has reported its error already.
    signal?.removeEventListener("abort", cancel);
    await cancel();
  }
}

/**
 * Returns SHA-256 and MD5 of a file. Small files use the browser's own SHA-256, which is faster but takes a whole file
 * and exists only in secure contexts.
 */
export async function digestsOf(file: Blob | Uint8Array<ArrayBuffer>, options: HashOptions): Promise<Digests> {
  if (file instanceof Uint8Array) return digestsOfBytes(file, options.md5);
  if (file.size <= wholeUpToBytes && hasOwnSha256())
    return digestsOfBytes(new Uint8Array(await file.arrayBuffer()), options.md5);
  // Several files are hashed at the same time: each needs hashers of its own.
  const [sha256, md5] = await Promise.all([createSHA256(), options.md5 ? createMD5() : null]);
  for await (const piece of piecesOf(file, options.signal)) {
    sha256.update(piece);
    md5?.update(piece);
  }
  return { sha256: sha256.digest(), md5: md5?.digest() ?? null };
}

async function digestsOfBytes(bytes: Uint8Array<ArrayBuffer>, wantsMd5: boolean): Promise<Digests> {
  const own = hasOwnSha256() ? globalThis.crypto.subtle.digest("SHA-256", bytes) : null;
  const md5 = wantsMd5 ? (await borrowed("md5")).init().update(bytes).digest() : null;
  if (own) return { sha256: hex(new Uint8Array(await own)), md5 };
  return { sha256: (await borrowed("sha256")).init().update(bytes).digest(), md5 };
}

export function hasOwnSha256(): boolean {
  return globalThis.crypto?.subtle !== undefined;
}

const create = { md5: createMD5, sha256: createSHA256 } as const;
const kept = new Map<keyof typeof create, Promise<IHasher>>();

/** One hasher for all small files: each use ends before the next one begins. */
function borrowed(name: keyof typeof create): Promise<IHasher> {
  const hasher = kept.get(name) ?? create[name]();
  kept.set(name, hasher);
  // The next file tries again.
  hasher.catch(() => kept.delete(name));
  return hasher;
}

/** Returns the CRC64NVME of a part, in base64 as S3's headers have it. */
export async function crc64nvmeOf(part: Blob, signal?: AbortSignal): Promise<string> {
  const crc = new Crc64nvme();
  for await (const piece of piecesOf(part, signal)) crc.update(piece);
  return crc.digest();
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += hexOfByte[byte];
  return text;
}

/** Hashes on the calling thread: for Node, and for browsers without workers. */
export const hashHere: Hasher = { digests: digestsOf, crc64nvme: crc64nvmeOf };
