import { open, type RootDatabase, type Database as Table } from "lmdb";
import { S3Error } from "../../protocol/errors";
import type { DiskSpace } from "../disk/space";
import type {
  BucketRecord,
  DataRef,
  Layout,
  ObjectRecord,
  PartRecord,
  PendingEvent,
  RoleRecord,
  TopicRecord,
  UploadRecord,
} from "./records";

/** Files that are unreferenced when a transaction is durable. */
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
  readonly topics: Table<TopicRecord, Buffer>;
  /** Undelivered events, by topic. */
  readonly outbox: Table<PendingEvent, Buffer>;
  /** Called after the transaction that is running. */
  #afterwards: (() => void)[] = [];

  constructor(
    folder: string,
    private readonly space: DiskSpace,
  ) {
    // Without overlappingSync a commit is on the disk (fdatasync) before its promise resolves; LMDB groups the waiting ones.
    // With eventTurnBatching a failed commit also rejects an inaccessible promise, which would end the process.
    const commits = { overlappingSync: false, eventTurnBatching: false };
    this.#root = open({ path: folder, keyEncoding: "binary", encoding: "json", maxDbs: 16, ...commits });
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
    this.topics = table("topics");
    this.outbox = table("outbox");
  }

  /**
   * Runs `change` in a write transaction and resolves when it is durable. Transactions waiting together share one flush.
   * A `change` that throws must do so before its first write.
   * @throws what `change` throws; S3Error InsufficientStorage when the disk is full; then nothing of the group is kept
   */
  async commit<T>(change: () => T): Promise<T> {
    const afterwards: (() => void)[] = [];
    let result: T;
    try {
      result = await this.#root.transaction(() => {
        this.#afterwards = afterwards;
        return change();
      });
    } catch (error) {
      const cause = await causeOf(error);
      throw this.space.explains((cause as { code?: unknown }).code) ? new S3Error("InsufficientStorage") : cause;
    }
    for (const run of afterwards) run();
    return result;
  }

  /**
   * Calls `run` when the transaction is durable, and not if it fails. Within a transaction.
   * @param run must not throw, as `commit` would reject
   */
  afterCommit(run: () => void): void {
    this.#afterwards.push(run);
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  /**
   * The bucket as it is in the transaction that is running.
   * @throws S3Error NoSuchBucket when it was deleted meanwhile
   */
  requireBucket({ id, name }: BucketRecord): BucketRecord {
    const current = this.buckets.get(Buffer.from(name));
    if (current?.id !== id) throw new S3Error("NoSuchBucket", undefined, { BucketName: name });
    return current;
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

/** LMDB gives the cause of a failed commit as a promise on its error. */
async function causeOf(error: unknown): Promise<object> {
  const failed = error instanceof Error ? error : new Error(String(error));
  const { commitError } = failed as { commitError?: Promise<never> };
  return commitError ? commitError.catch((cause: object) => cause) : failed;
}
