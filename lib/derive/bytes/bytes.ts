import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Bytes that are read in places: of a file, or of a part of it. Reading beyond the end gives fewer bytes. */
export interface Bytes {
  readonly size: number;
  read(at: number, length: number): Buffer;
}

/** The most that one call may read: headers declare any length. */
const maxReadBytes = 512 * 1024 * 1024;

/**
 * Calls `use` with the bytes of a file, which is closed afterwards. Reads synchronously: a decoder process inspects one file
 * at a time, and parsers of headers are simpler that way.
 */
export async function withFileBytes<T>(filePath: string, use: (bytes: Bytes) => T | Promise<T>): Promise<T> {
  const fd = openSync(filePath, "r");
  try {
    const { size } = fstatSync(fd);
    return await use({
      size,
      read(at, length) {
        const start = clamp(at, size);
        const buffer = Buffer.allocUnsafe(Math.min(clamp(length, size - start), maxReadBytes));
        return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, start));
      },
    });
  } finally {
    closeSync(fd);
  }
}

export function bytesOf(buffer: Buffer): Bytes {
  return {
    size: buffer.length,
    read(at, length) {
      const start = clamp(at, buffer.length);
      // A copy: readers may change what they read.
      return Buffer.from(buffer.subarray(start, start + clamp(length, buffer.length - start)));
    },
  };
}

/** Returns a part of the bytes, whose offsets start at 0: some formats embed others. */
export function partOf(bytes: Bytes, at: number, length = bytes.size - at): Bytes {
  const start = clamp(at, bytes.size);
  const size = clamp(length, bytes.size - start);
  return {
    size,
    read(from, count) {
      const inner = clamp(from, size);
      return bytes.read(start + inner, clamp(count, size - inner));
    },
  };
}

function clamp(value: number, max: number): number {
  return Number.isFinite(value) ? Math.max(0, Math.min(Math.floor(value), max)) : 0;
}
