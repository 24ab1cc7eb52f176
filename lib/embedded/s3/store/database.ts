import { open, type RootDatabase, type Database as Table } from "lmdb";
import type { BucketRecord, DataRef, Layout, ObjectRecord, PartRecord, RoleRecord, UploadRecord } from "./records";

/** Files that nothing refers to any more once a transaction is durable. */
export type Garbage = string[];

/** The metadata: ordered tables in one LMDB environment. */
export class Database {
  readonly #root: RootDatabase;
  readonly buckets: Table<BucketRecord, Buffer>;
  /** The newest version of each key, unless that is a delete marker: what GET and LIST read. */
  readonly heads: Table<ObjectRecord, Buffer>;
  /** All other versions and delete markers. */
  readonly versions: Table<ObjectRecord, Buffer>;
  /** Order of a key's `null` version while that is in `versions`. */
  readonly nulls: Table<number, Buffer>;
  readonly inline: Table<Buffer, Buffer>;
  /** How many records share a file or a layout. */
  readonly references: Table<number, Buffer>;
  readonly layouts: Table<Layout, Buffer>;
  readonly uploads: Table<UploadRecord, Buffer>;
  readonly parts: Table<PartRecord, Buffer>;
  readonly counters: Table<number, Buffer>;
  readonly roles: Table<RoleRecord, Buffer>;

  constructor(folder: string) {
    // Without overlappingSync a commit is on the disk (fdatasync) before its promise resolves; LMDB groups the waiting ones.
    this.#root = open({ path: folder, keyEncoding: "binary", encoding: "json", overlappingSync: false, maxDbs: 16 });
    const table = <V>(name: string, encoding: "json" | "binary" = "json") =>
      this.#root.openDB<V, Buffer>({ name, keyEncoding: "binary", encoding });
    this.buckets = table("buckets");
    this.heads = table("heads");
    this.versions = table("versions");
    this.nulls = table("nulls");
    this.inline = table("inline", "binary");
    this.references = table("references");
    this.layouts = table("layouts");
    this.uploads = table("uploads");
    this.parts = table("parts");
    this.counters = table("counters");
    this.roles = table("roles");
  }

  /**
   * Runs `change` in a write transaction and resolves when it is durable. Transactions waiting together share one flush.
   * A `change` that throws must do so before its first write.
   */
  commit<T>(change: () => T): Promise<T> {
    return this.#root.transaction(change);
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  /** Counts one more reference to a file or layout. Within a transaction. */
  retain(data: DataRef): void {
    const id = Buffer.from(data.id);
    if (data.kind !== "inline") this.references.put(id, (this.references.get(id) ?? 0) + 1);
  }

  /** Drops a reference and, with the last one, the data: rows at once, files as `garbage`. Within a transaction. */
  release(data: DataRef | undefined, garbage: Garbage): void {
    if (!data) return;
    const id = Buffer.from(data.id);
    if (data.kind === "inline") {
      this.inline.remove(id);
      return;
    }
    const left = (this.references.get(id) ?? 1) - 1;
    if (left > 0) {
      this.references.put(id, left);
      return;
    }
    this.references.remove(id);
    if (data.kind === "file") {
      garbage.push(data.id);
      return;
    }
    for (const part of this.layouts.get(id)?.parts ?? []) this.release(part.data, garbage);
    this.layouts.remove(id);
  }
}
