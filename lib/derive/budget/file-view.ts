import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Bytes } from "../bytes/bytes";

const windowBytes = 64 * 1024;
/** Directories and tables are longer than the window, and never longer than this. */
const maxReadBytes = 4 * 1024 * 1024 + windowBytes;

/**
 * Reads short pieces of a file at any position, through a window that follows them. Synchronous: a header is millions of pieces
 * where somebody wants it to be, and the process that reads it does nothing else.
 */
export class FileView implements Bytes {
  private window: Buffer = Buffer.alloc(0);
  private windowAt = 0;

  private constructor(
    private readonly file: number,
    private readonly start: number,
    readonly sizeBytes: number,
  ) {}

  get size(): number {
    return this.sizeBytes;
  }

  /** Runs with a file that is open for reading. */
  static with<T>(filePath: string, run: (view: FileView) => T): T {
    const file = openSync(filePath, "r");
    try {
      return run(new FileView(file, 0, fstatSync(file).size));
    } finally {
      closeSync(file);
    }
  }

  /** Returns a part of the file as one whose offsets start at 0: some formats embed others. */
  part(at: number, length: number): FileView {
    const from = Math.max(0, Math.min(at, this.sizeBytes));
    return new FileView(this.file, this.start + from, Math.max(0, Math.min(length, this.sizeBytes - from)));
  }

  /** Returns `length` bytes from `offset`, at most 4 MiB; fewer at the end of the file. */
  read(offset: number, length: number): Buffer {
    if (!Number.isSafeInteger(offset) || offset < 0 || !(length > 0)) return Buffer.alloc(0);
    const end = Math.min(offset + Math.min(length, maxReadBytes), this.sizeBytes);
    if (end - offset > windowBytes) return this.load(offset, end - offset);
    if (offset < this.windowAt || end > this.windowAt + this.window.length) {
      this.window = this.load(offset, windowBytes);
      this.windowAt = offset;
    }
    return this.window.subarray(offset - this.windowAt, Math.max(end, offset) - this.windowAt);
  }

  private load(offset: number, length: number): Buffer {
    const target = Buffer.alloc(Math.min(length, Math.max(0, this.sizeBytes - offset)));
    return target.subarray(0, readSync(this.file, target, 0, target.length, this.start + offset));
  }

  /** Returns the bytes at `offset` that are at hand, at least two except at the end of the file. */
  some(offset: number): Buffer {
    const at = offset - this.windowAt;
    return at >= 0 && this.window.length - at >= 2 ? this.window.subarray(at) : this.read(offset, windowBytes);
  }
}
