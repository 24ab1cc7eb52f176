import { setImmediate } from "node:timers/promises";
import type { Database, Garbage } from "./database/database";
import { afterPrefix, objectKey } from "./database/keys";
import type { BucketRecord } from "./database/records";
import type { BlobFiles } from "./disk/blobs";
import type { Deletion, History } from "./versions/history";
import { type Selection, scan, type Target } from "./versions/scans";
import type { Publish } from "./versions/version-writer";

/** A version that was deleted, and how. */
export interface Expired extends Target {
  readonly deletion: Deletion;
}

/** Deletions by a bucket's lifecycle. */
export class Expiry {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobFiles,
    private readonly history: History,
  ) {}

  /**
   * Deletes the due versions of keys below a prefix, batch by batch: current versions as the bucket's versioning has
   * it, permanently or by a delete marker, others permanently. Yields what each batch deleted, when that is durable
   * and the files are gone; other work runs between batches. Ends early when the bucket's lifecycle was changed.
   *
   * What is due is decided within the transaction of the deletion, so that a version that was overwritten, tagged or
   * restored meanwhile is seen as it is then.
   * @throws S3Error NoSuchBucket, InsufficientStorage
   */
  async *deleteDue(
    bucket: BucketRecord,
    prefix: string,
    selection: Selection,
    publish?: Publish<Expired>,
  ): AsyncGenerator<readonly Expired[], void, undefined> {
    const first = objectKey(bucket.id, prefix);
    const end = afterPrefix(first);
    for (let start: Buffer | undefined = first; start; await setImmediate()) {
      const range = { start, end };
      const seen = scan(this.database, bucket, selection, range);
      if (seen.due.length === 0) {
        start = seen.next;
        yield [];
        continue;
      }
      const done = await this.#deleteBatch(bucket, selection, range, publish);
      start = done.next;
      yield done.expired;
    }
  }

  async #deleteBatch(
    seen: BucketRecord,
    selection: Selection,
    range: { readonly start: Buffer; readonly end: Buffer },
    publish: Publish<Expired> | undefined,
  ): Promise<{ readonly expired: readonly Expired[]; readonly next: Buffer | undefined }> {
    const garbage: Garbage = [];
    const done = await this.database.commit(() => {
      const bucket = this.database.requireBucket(seen);
      if (bucket.lifecycle !== seen.lifecycle) return { expired: [], next: undefined };
      const { due, next } = scan(this.database, bucket, selection, range);
      const expired = due.map((target) => ({ ...target, deletion: this.#delete(bucket, selection, target, garbage) }));
      if (bucket.notifications && publish) for (const one of expired) publish(bucket, one);
      return { expired, next };
    });
    this.blobs.discard(garbage);
    await this.blobs.removed();
    return done;
  }

  #delete(bucket: BucketRecord, { of }: Selection, { key, record }: Target, garbage: Garbage): Deletion {
    if (of === "current") return this.history.removeNewest(bucket, key, record, garbage);
    this.history.drop(bucket.id, key, record, garbage);
    return { versionId: record.versionId, isDeleteMarker: record.isDeleteMarker };
  }
}
