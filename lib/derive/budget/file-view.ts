import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const windowBytes = 64 * 1024;

/**
 * Reads short pieces of a file at any position, through a window that follows them. Synchronous: a header is millions of pieces
 * where somebody wants it to be, and the process that reads it does nothing else.
 */
export class FileView {
  private window = Buffer.alloc(0);
  private windowAt = 0;

  private constructor(
    private readonly file: number,
    readonly sizeBytes: number,
  ) {}

  /** Runs with a file that is open for reading. */
  static with<T>(filePath: string, run: (view: FileView) => T): T {
    const file = openSync(filePath, "r");
    try {
      return run(new FileView(file, fstatSync(file).size));
    } finally {
      closeSync(file);
    }
  }

  /** Returns `length` bytes from `offset`, at most 64 KiB; fewer at the end of the file. */
  read(offset: number, length: number): Buffer {
    if (!Number.isSafeInteger(offset) || offset < 0 || length > windowBytes) return Buffer.alloc(0);
    const end = Math.min(offset + length, this.sizeBytes);
    if (offset < this.windowAt || end > this.windowAt + this.window.length) {
      const target = Buffer.alloc(Math.min(windowBytes, Math.max(0, this.sizeBytes - offset)));
      this.window = target.subarray(0, readSync(this.file, target, 0, target.length, offset));
      this.windowAt = offset;
    }
    return this.window.subarray(offset - this.windowAt, Math.max(end, offset) - this.windowAt);
  }

  /** Returns the bytes at `offset` that are at hand, at least two except at the end of the file. */
  some(offset: number): Buffer {
    const at = offset - this.windowAt;
    return at >= 0 && this.window.length - at >= 2 ? this.window.subarray(at) : this.read(offset, windowBytes);
  }
}
