import { type FileHandle, open, rename } from "node:fs/promises";

/**
 * Appends to a file and renames it to `FILE.1` at `maxBytes`, so at most twice that is stored. Writing never blocks and
 * never throws: a full disk must not stop the site.
 */
export class RotatingFile {
  private waiting: string[] = [];
  private handle: FileHandle | undefined;
  private sizeBytes = 0;
  private flushing: Promise<void> | undefined;

  constructor(
    private readonly file: string,
    private readonly maxBytes: number,
  ) {}

  write(text: string): void {
    this.waiting.push(text);
    this.flushing ??= this.flush().finally(() => {
      this.flushing = undefined;
    });
  }

  async close(): Promise<void> {
    while (this.flushing) await this.flushing;
    await this.handle?.close();
    this.handle = undefined;
  }

  private async flush(): Promise<void> {
    while (this.waiting.length > 0) {
      const text = this.waiting.join("");
      this.waiting = [];
      try {
        const handle = await this.openFile();
        const { bytesWritten } = await handle.write(text);
        this.sizeBytes += bytesWritten;
        if (this.sizeBytes >= this.maxBytes) await this.rotate(handle);
      } catch (error) {
        console.error(`log ${this.file} could not be written: ${(error as Error).message}`);
      }
    }
  }

  private async openFile(): Promise<FileHandle> {
    if (this.handle) return this.handle;
    this.handle = await open(this.file, "a", 0o600);
    this.sizeBytes = (await this.handle.stat()).size;
    return this.handle;
  }

  private async rotate(handle: FileHandle): Promise<void> {
    this.handle = undefined;
    await handle.close();
    await rename(this.file, `${this.file}.1`);
  }
}
