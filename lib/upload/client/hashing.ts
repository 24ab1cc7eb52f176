import { createMD5, createSHA256, type IHasher } from "hash-wasm";
import { CRC64NVME, crcText } from "@/lib/checksum/crc-kind";
import { type CrcStep, crcProgram, crcStep } from "@/lib/checksum/crc-wasm";
import type { Digests } from "./file";

/** Files are read in pieces of so many bytes: no more of one is held at once. */
const pieceBytes = 4 * 1024 * 1024;
const ones = (1n << 64n) - 1n;

async function* piecesOf(file: Blob, signal?: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let start = 0; start < file.size; start += pieceBytes) {
    signal?.throwIfAborted();
    yield new Uint8Array(await file.slice(start, start + pieceBytes).arrayBuffer());
  }
}

/**
 * SHA-256 and MD5 of a file. What fits into one piece goes through the browser's own SHA-256, which is the quicker one
 * but takes a whole file and is there only on pages served securely.
 */
export async function digestsOf(file: Blob, signal?: AbortSignal): Promise<Digests> {
  if (file.size <= pieceBytes && hasOwnSha256()) {
    const bytes = await file.arrayBuffer();
    const sha256 = globalThis.crypto.subtle.digest("SHA-256", bytes);
    const md5 = (await borrowed(createMD5)).init().update(new Uint8Array(bytes)).digest();
    return { sha256: hex(new Uint8Array(await sha256)), md5 };
  }
  // Files in between are hashed at the same time: each has hashers of its own.
  const [sha256, md5] = await Promise.all([createSHA256(), createMD5()]);
  for await (const piece of piecesOf(file, signal)) {
    sha256.update(piece);
    md5.update(piece);
  }
  return { sha256: sha256.digest(), md5: md5.digest() };
}

export function hasOwnSha256(): boolean {
  return globalThis.crypto?.subtle !== undefined;
}

let md5OfSmall: Promise<IHasher> | undefined;

/** One hasher for all small files: it is used without waiting in between. */
function borrowed(create: () => Promise<IHasher>): Promise<IHasher> {
  md5OfSmall ??= create();
  return md5OfSmall;
}

let step: CrcStep | undefined;

/** CRC64NVME of a part, in base64 as S3's headers have it. */
export async function crc64nvmeOf(part: Blob, signal?: AbortSignal): Promise<string> {
  step ??= crcStep(crcProgram(CRC64NVME.polynomial));
  let register = ones;
  for await (const piece of piecesOf(part, signal)) register = step(register, piece);
  return crcText(CRC64NVME, register ^ ones);
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += hexOfByte[byte];
  return text;
}
