import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { StoreLogger } from "../logger";

/**
 * Files of object bytes: `blobs/<last two characters of the id>/<id>`, written under `tmp/` first. A file is durable
 * before its name appears under `blobs/`, and the name before the database refers to it.
 */
export class BlobFiles {
  readonly #blobs: string;
  readonly #temporary: string;
  readonly #logger: StoreLogger;
  /** Number of readers by id: a file is removed after its last reader. */
  readonly #readers = new Map<string, number>();
  readonly #unreferenced = new Set<string>();
  readonly #removals = new Set<Promise<void>>();
  #isTidy = true;

  constructor(dataDir: string, logger: StoreLogger) {
    this.#blobs = join(dataDir, "blobs");
    this.#temporary = join(dataDir, "tmp");
    this.#logger = logger;
  }

  /** Whether all removals succeeded; if not, the next start has to sweep. */
  get isTidy(): boolean {
    return this.#isTidy;
  }

  /** Makes the folders and removes temporary files left by a crash. */
  async prepare(): Promise<void> {
    await rm(this.#temporary, { recursive: true, force: true });
    await mkdir(this.#temporary, { recursive: true, mode: 0o700 });
    const folders = Array.from({ length: 256 }, (_, i) => join(this.#blobs, i.toString(16).padStart(2, "0")));
    for (const folder of folders) await mkdir(folder, { recursive: true, mode: 0o700 });
    await syncFolder(this.#blobs);
  }

  create(id: string): Promise<FileHandle> {
    return open(join(this.#temporary, id), "wx+", 0o600);
  }

  async discardTemporary(id: string): Promise<void> {
    await rm(join(this.#temporary, id), { force: true });
  }

  /** Moves a temporary file, which must be flushed and closed, to its place. When that fails the file is left to the caller. */
  async publish(id: string): Promise<void> {
    await rename(join(this.#temporary, id), this.#path(id));
    try {
      await syncFolder(this.#folder(id));
    } catch (error) {
      this.discard([id]);
      throw error;
    }
  }

  /** Opens a file for reading; it is not removed before `close`. */
  async openForReading(id: string): Promise<{ handle: FileHandle; close: () => Promise<void> }> {
    this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1);
    try {
      const handle = await open(this.#path(id), "r");
      return { handle, close: () => handle.close().finally(() => this.#unpin(id)) };
    } catch (error) {
      this.#unpin(id);
      throw error;
    }
  }

  /** Prevents the removal of files that will be read. @returns a function that ends this */
  pin(ids: readonly string[]): () => void {
    for (const id of ids) this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1);
    return () => {
      for (const id of ids) this.#unpin(id);
    };
  }

  /** Removes unreferenced files in the background; after a crash the sweep removes them. */
  discard(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#readers.has(id)) this.#unreferenced.add(id);
      else this.#remove(id);
    }
  }

  /** Resolves when all removals started so far are done. */
  async removed(): Promise<void> {
    await Promise.all(this.#removals);
  }

  /** Removes files that waited for readers, too: for the shutdown, when there are no readers. */
  async settle(): Promise<void> {
    for (const id of this.#unreferenced) this.#remove(id);
    this.#unreferenced.clear();
    await this.removed();
  }

  /** Every published id, folder by folder. */
  async *ids(): AsyncGenerator<string[], void, undefined> {
    for (const folder of await readdir(this.#blobs)) yield await readdir(join(this.#blobs, folder));
  }

  #unpin(id: string): void {
    const left = (this.#readers.get(id) ?? 1) - 1;
    if (left > 0) {
      this.#readers.set(id, left);
      return;
    }
    this.#readers.delete(id);
    if (this.#unreferenced.delete(id)) this.#remove(id);
  }

  #remove(id: string): void {
    const removal = rm(this.#path(id), { force: true })
      .catch((error: unknown) => {
        this.#isTidy = false;
        this.#logger.warn({ err: error, blob: id }, "a deleted object's file could not be removed");
      })
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  #folder(id: string): string {
    return join(this.#blobs, id.slice(-2));
  }

  #path(id: string): string {
    return join(this.#folder(id), id);
  }
}

/** Makes renames in a folder durable. Windows cannot open folders and journals them itself. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
