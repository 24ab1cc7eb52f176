import { S3Error } from "../protocol/errors";
import type { Database, Garbage } from "./database";
import { isEmpty } from "./listing";
import type { BucketRecord } from "./records";

const NEXT_ID = Buffer.from("next-bucket");

/** The buckets. All of them are held in memory: every request asks for one. */
export class Buckets {
  readonly #known = new Map<string, BucketRecord>();

  constructor(private readonly database: Database) {
    for (const { value } of database.buckets.getRange({})) this.#known.set(value.name, value);
  }

  find(name: string): BucketRecord | undefined {
    return this.#known.get(name);
  }

  /** By name. */
  all(): BucketRecord[] {
    return [...this.#known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws S3Error BucketAlreadyOwnedByYou, BucketAlreadyExists */
  async create(draft: Omit<BucketRecord, "id" | "createdAt">): Promise<void> {
    const { buckets, counters } = this.database;
    const record = await this.database.commit(() => {
      const existing = buckets.get(Buffer.from(draft.name));
      if (existing)
        throw new S3Error(existing.owner === draft.owner ? "BucketAlreadyOwnedByYou" : "BucketAlreadyExists");
      const id = counters.get(NEXT_ID) ?? 1;
      counters.put(NEXT_ID, id + 1);
      const made: BucketRecord = { ...draft, id, createdAt: Date.now() };
      buckets.put(Buffer.from(draft.name), made);
      return made;
    });
    this.#known.set(record.name, record);
  }

  /** Changes a bucket's settings; a field set to `undefined` is removed. */
  async configure(
    bucket: BucketRecord,
    change: { [K in keyof BucketRecord]?: BucketRecord[K] | undefined },
  ): Promise<void> {
    const record = await this.database.commit(() => {
      const changed = { ...requireBucket(this.database, bucket), ...change } as BucketRecord;
      this.database.buckets.put(Buffer.from(bucket.name), changed);
      return changed;
    });
    this.#known.set(record.name, record);
  }

  /**
   * Removes an empty bucket, with the multipart uploads begun in it.
   * @param abortUploads drops those uploads' rows and gives their files to the garbage; within the transaction
   * @throws S3Error BucketNotEmpty
   */
  async remove(bucket: BucketRecord, abortUploads: (garbage: Garbage) => void): Promise<Garbage> {
    const garbage: Garbage = [];
    await this.database.commit(() => {
      requireBucket(this.database, bucket);
      if (!isEmpty(this.database, bucket)) throw new S3Error("BucketNotEmpty");
      abortUploads(garbage);
      this.database.buckets.remove(Buffer.from(bucket.name));
    });
    this.#known.delete(bucket.name);
    return garbage;
  }
}

/**
 * The bucket as it is in the transaction that is running.
 * @throws S3Error NoSuchBucket when it was deleted meanwhile
 */
export function requireBucket(database: Database, bucket: BucketRecord): BucketRecord {
  const current = database.buckets.get(Buffer.from(bucket.name));
  if (current?.id !== bucket.id) throw new S3Error("NoSuchBucket", undefined, { BucketName: bucket.name });
  return current;
}
