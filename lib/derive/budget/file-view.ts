import { type FileHandle, open } from "node:fs/promises";

const windowBytes = 64 * 1024;

/** Reads short pieces of a file at any position, through a window that follows them. */
export class FileView {
  private window = Buffer.alloc(0);
  private windowAt = 0;

  private constructor(
    private readonly handle: FileHandle,
    readonly sizeBytes: number,
  ) {}

  /** Runs with a file that is open for reading. */
  static async with<T>(filePath: string, run: (view: FileView) => Promise<T>): Promise<T> {
    const handle = await open(filePath);
    try {
      return await run(new FileView(handle, (await handle.stat()).size));
    } finally {
      await handle.close();
    }
  }

  /** Returns `length` bytes from `offset`, at most 64 KiB; fewer at the end of the file. The next read may overwrite them. */
  async read(offset: number, length: number): Promise<Buffer> {
    if (!Number.isSafeInteger(offset) || offset < 0 || length > windowBytes) return Buffer.alloc(0);
    const end = Math.min(offset + length, this.sizeBytes);
    if (offset < this.windowAt || end > this.windowAt + this.window.length) {
      const target = Buffer.alloc(Math.min(windowBytes, Math.max(0, this.sizeBytes - offset)));
      const { bytesRead } = await this.handle.read(target, 0, target.length, offset);
      this.window = target.subarray(0, bytesRead);
      this.windowAt = offset;
    }
    return this.window.subarray(offset - this.windowAt, Math.max(end, offset) - this.windowAt);
  }

  /** Returns the bytes at `offset` that are at hand, at least two except at the end of the file. */
  async some(offset: number): Promise<Buffer> {
    const at = offset - this.windowAt;
    return at >= 0 && this.window.length - at >= 2 ? this.window.subarray(at) : this.read(offset, windowBytes);
  }
}
