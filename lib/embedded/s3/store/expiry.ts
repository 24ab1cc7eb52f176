import type { BlobFiles } from "./blobs";
import { requireBucket } from "./buckets";
import type { Database, Garbage } from "./database";
import { type Deletion, History } from "./history";
import type { Announce } from "./objects";
import type { BucketRecord, ObjectRecord } from "./records";

/** A version to delete. */
export interface Target {
  readonly key: string;
  readonly record: ObjectRecord;
}

/** A version that was deleted, and how. */
export interface Expired extends Target {
  readonly deletion: Deletion;
}

/** What one look at a stretch of a table found, and where the next one begins; `undefined` at the end. */
export interface Stretch {
  readonly due: readonly Target[];
  readonly next: Buffer | undefined;
}

/**
 * What a lifecycle does to a version: `expire` deletes the newest one as its bucket's versioning has it, for good or by
 * a delete marker; `delete` deletes any for good.
 */
export type Ending = "expire" | "delete";

/** Deletions that no client asked for. */
export class Expiry {
  readonly #history: History;

  constructor(
    private readonly database: Database,
    private readonly blobs: BlobFiles,
  ) {
    this.#history = new History(database);
  }

  /**
   * Deletes what `look` finds. It is asked within the transaction, so that nothing can change between the look and the
   * deletion: what was overwritten, tagged otherwise or restored before is found as it is now. Resolves when the
   * deletions are durable and the files gone.
   * @param look is to find little: all of it is deleted without a pause
   * @param announce told of each deletion, as by Objects
   * @throws S3Error NoSuchBucket
   */
  async carryOut(
    target: BucketRecord,
    ending: Ending,
    look: (bucket: BucketRecord) => Stretch,
    announce?: Announce<Expired>,
  ): Promise<{ readonly expired: readonly Expired[]; readonly next: Buffer | undefined }> {
    const garbage: Garbage = [];
    const done = await this.database.commit(() => {
      const bucket = requireBucket(this.database, target);
      const { due, next } = look(bucket);
      const expired = due.map((one) => ({ ...one, deletion: this.#end(bucket, ending, one, garbage) }));
      if (bucket.notifications && announce) for (const one of expired) announce(bucket, one);
      return { expired, next };
    });
    this.blobs.discard(garbage);
    await this.blobs.removed();
    return done;
  }

  /** Within a transaction that has just found the record. */
  #end(bucket: BucketRecord, ending: Ending, { key, record }: Target, garbage: Garbage): Deletion {
    if (ending === "expire") return this.#history.removeNewest(bucket, key, record, garbage);
    this.#history.drop(bucket.id, key, record, garbage);
    return { versionId: record.versionId, isDeleteMarker: record.isDeleteMarker };
  }
}
