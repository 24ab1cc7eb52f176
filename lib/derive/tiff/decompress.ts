import { constants, inflateSync } from "node:zlib";
import { decompress as decompressZstd } from "fzstd";
import { decodeLzw } from "./lzw";

type Decompress = (data: Uint8Array, size: number) => Uint8Array;

/** Decompressors by the tag `compression`. Each writes at most `size` bytes; fewer when the data are damaged or end early. */
const decompressors: Record<number, Decompress> = {
  1: (data, size) => data.subarray(0, size),
  5: decodeLzw,
  8: inflate,
  32773: decodePackBits,
  32946: inflate,
  34926: unzstd,
  50000: unzstd,
};

const mostSurplusBytes = 16 * 1024 * 1024;

/** Tells whether this project decompresses it itself; libtiff knows others. */
export function isDecompressed(compression: number): boolean {
  return compression in decompressors;
}

/** Returns the bytes of a strip or tile, at most `size`. Throws for damaged data of which nothing can be used. */
export function decompress(compression: number, data: Uint8Array, size: number): Uint8Array {
  const run = decompressors[compression];
  if (!run) throw new Error(`no decompressor for ${compression}`);
  return run(data, size);
}

function inflate(data: Uint8Array, size: number): Uint8Array {
  try {
    // A stream that was cut gives what it holds.
    return inflateSync(data, { maxOutputLength: size, finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE") throw error;
    // Some writers fill up what they compress: what it holds beyond the picture is not needed. A damaged stream may be as long:
    // here the checksum at its end counts.
    return inflateSync(data, { maxOutputLength: size + mostSurplusBytes }).subarray(0, size);
  }
}

/**
 * fzstd 0.1.1 compares the output with a number, for which JavaScript would first join all its bytes as text: 1 GB for a strip of
 * 128 MiB.
 */
const asPrimitive = { [Symbol.toPrimitive]: () => "bytes" };

function unzstd(data: Uint8Array, size: number): Uint8Array {
  return decompressZstd(data, Object.assign(new Uint8Array(size), asPrimitive));
}

function decodePackBits(data: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  let written = 0;
  for (let at = 0; at < data.length && written < size; ) {
    const control = data[at++] ?? 0;
    if (control === 128) continue;
    if (control < 128) {
      const literal = data.subarray(at, Math.min(at + control + 1, at + size - written));
      output.set(literal, written);
      written += literal.length;
      at += control + 1;
    } else {
      const end = Math.min(written + 257 - control, size);
      output.fill(data[at++] ?? 0, written, end);
      written = end;
    }
  }
  return output.subarray(0, written);
}
