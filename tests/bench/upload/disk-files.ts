import { randomFillSync } from "node:crypto";
import { mkdir, open } from "node:fs/promises";
import path from "node:path";
import type { UploadCase } from "./cases";

type Files = Pick<UploadCase, "count" | "sizeBytes">;

const poolBytes = 8_000_000;

/**
 * Creates files on disk, because browsers read them differently and more slowly than Blobs of a page. Files of one size are
 * created once; their contents differ, and they are in the system's cache.
 */
export class DiskFiles {
  readonly #made = new Map<string, string[]>();
  readonly #pool = randomFillSync(Buffer.alloc(poolBytes));

  constructor(readonly dir: string) {}

  /** @returns their paths */
  async of({ count, sizeBytes }: Files): Promise<readonly string[]> {
    const name = `${count}-${sizeBytes}`;
    const known = this.#made.get(name);
    if (known) return known;
    const folder = path.join(this.dir, name);
    await mkdir(folder, { recursive: true });
    const paths: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const file = path.join(folder, sizeBytes > poolBytes ? `large-${index}.bin` : `IMG_${index}.jpg`);
      await this.#write(file, index, sizeBytes);
      paths.push(file);
    }
    this.#made.set(name, paths);
    return paths;
  }

  async #write(file: string, index: number, sizeBytes: number): Promise<void> {
    const handle = await open(file, "w");
    try {
      for (let at = 0; at < sizeBytes; at += poolBytes) {
        const start = at === 0 && sizeBytes < poolBytes ? (index * 7_919) % (poolBytes - sizeBytes) : 0;
        await handle.write(this.#pool.subarray(start, start + Math.min(poolBytes, sizeBytes - at)));
      }
    } finally {
      await handle.close();
    }
  }
}
