import { S3Error } from "../protocol/errors";
import type { BlobFiles } from "./blobs";
import type { Database, Garbage } from "./database";
import { isEmpty } from "./listing";
import type { BucketRecord } from "./records";
import type { Uploads } from "./uploads";

const NEXT_ID = Buffer.from("next-bucket");

/** The buckets. All of them are held in memory, as every request reads one. */
export class Buckets {
  readonly #known = new Map<string, BucketRecord>();

  constructor(
    private readonly database: Database,
    private readonly blobs: BlobFiles,
    private readonly uploads: Uploads,
  ) {
    for (const { value } of database.buckets.getRange({})) this.#known.set(value.name, value);
  }

  find(name: string): BucketRecord | undefined {
    return this.#known.get(name);
  }

  /** By name. */
  all(): BucketRecord[] {
    return [...this.#known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Creates a bucket. @throws S3Error BucketAlreadyOwnedByYou, BucketAlreadyExists, InsufficientStorage */
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

  /**
   * Changes a bucket's settings; a field set to `undefined` is removed.
   * @throws S3Error NoSuchBucket, InsufficientStorage
   */
  async configure(
    bucket: BucketRecord,
    change: { [K in keyof BucketRecord]?: BucketRecord[K] | undefined },
  ): Promise<void> {
    const record = await this.database.commit(() => {
      const changed = { ...this.database.requireBucket(bucket), ...change } as BucketRecord;
      this.database.buckets.put(Buffer.from(bucket.name), changed);
      return changed;
    });
    this.#known.set(record.name, record);
  }

  /**
   * Removes an empty bucket and aborts the multipart uploads begun in it.
   * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
   * @throws S3Error BucketNotEmpty, NoSuchBucket
   */
  async remove(bucket: BucketRecord): Promise<void> {
    const garbage: Garbage = [];
    await this.database.commit(() => {
      this.database.requireBucket(bucket);
      if (!isEmpty(this.database, bucket)) throw new S3Error("BucketNotEmpty");
      this.uploads.abortAll(bucket, garbage);
      this.database.buckets.remove(Buffer.from(bucket.name));
    });
    this.#known.delete(bucket.name);
    this.blobs.discard(garbage);
  }
}
