import { S3Error } from "../protocol/errors";
import { CachedTable } from "./database/cached-table";
import type { Database, Garbage } from "./database/database";
import type { BucketRecord } from "./database/records";
import type { BlobFiles } from "./disk/blobs";
import type { Uploads } from "./uploads";
import { isEmpty } from "./versions/listing";

const NEXT_ID = Buffer.from("next-bucket");

export class Buckets {
  readonly #table: CachedTable<BucketRecord>;

  constructor(
    private readonly database: Database,
    private readonly blobs: BlobFiles,
    private readonly uploads: Uploads,
  ) {
    this.#table = new CachedTable(database, database.buckets, ({ name }) => name);
  }

  find(name: string): BucketRecord | undefined {
    return this.#table.find(name);
  }

  /** All buckets by name. */
  all(): BucketRecord[] {
    return this.#table.all().sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Creates a bucket. @throws S3Error BucketAlreadyOwnedByYou, BucketAlreadyExists, InsufficientStorage */
  create(draft: Omit<BucketRecord, "id" | "createdAt">): Promise<void> {
    const { counters } = this.database;
    return this.#table.change(draft.name, (existing) => {
      if (existing)
        throw new S3Error(existing.owner === draft.owner ? "BucketAlreadyOwnedByYou" : "BucketAlreadyExists");
      const id = counters.get(NEXT_ID) ?? 1;
      counters.put(NEXT_ID, id + 1);
      return { ...draft, id, createdAt: Date.now() };
    });
  }

  /**
   * Changes a bucket's settings; a field set to `undefined` is removed.
   * @throws S3Error NoSuchBucket, InsufficientStorage
   */
  configure(bucket: BucketRecord, change: { [K in keyof BucketRecord]?: BucketRecord[K] | undefined }): Promise<void> {
    return this.#table.change(
      bucket.name,
      () => ({ ...this.database.requireBucket(bucket), ...change }) as BucketRecord,
    );
  }

  /**
   * Removes an empty bucket and aborts the multipart uploads begun in it.
   * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
   * @throws S3Error BucketNotEmpty, NoSuchBucket
   */
  async remove(bucket: BucketRecord): Promise<void> {
    const garbage: Garbage = [];
    await this.#table.change(bucket.name, () => {
      this.database.requireBucket(bucket);
      if (!isEmpty(this.database, bucket)) throw new S3Error("BucketNotEmpty");
      this.uploads.abortAll(bucket, garbage);
      return undefined;
    });
    this.blobs.discard(garbage);
  }
}
