import { S3Error } from "../../protocol/errors";
import type { Database, Garbage } from "../database/database";
import { nextOrder, versionIdOf, wholeSeconds } from "../database/ids";
import { objectKey } from "../database/keys";
import type { BucketRecord, DataRef, ObjectDraft, ObjectRecord } from "../database/records";
import type { BlobFiles } from "../disk/blobs";
import type { History } from "./history";

/** Conditions of a write, checked in the same transaction as the write. ETags without quotes; `*` is any object. */
export interface WriteConditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

/**
 * Throws unless whoever asked for a change may make it where `current` is the version that it replaces or amends, a delete
 * marker included. Runs in the transaction of the change: a body may take hours, and the key have another owner by then.
 */
export type Authorize = (current: ObjectRecord | undefined) => void;

/** Records a change's event in the transaction that makes the change; called for buckets with notifications only. */
export type Publish<Change> = (bucket: BucketRecord, change: Change) => void;

/** A new version, as its writer describes it. */
export interface Write {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly draft: ObjectDraft;
  readonly authorize: Authorize;
  readonly conditions?: WriteConditions;
  readonly publish?: Publish<ObjectRecord>;
}

/** Makes new versions of objects. */
export class VersionWriter {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobFiles,
    private readonly history: History,
  ) {}

  /**
   * Makes a version the newest one of its key; durable when the promise resolves.
   * @param place puts the bytes in place; runs in the transaction, after the write was allowed and the conditions held
   * @throws S3Error AccessDenied, PreconditionFailed, NoSuchKey (If-Match without an object), NoSuchBucket, InsufficientStorage
   */
  async write(write: Write, place: (garbage: Garbage) => DataRef): Promise<ObjectRecord> {
    const { key, draft, authorize, conditions = {}, publish } = write;
    const garbage: Garbage = [];
    const record = await this.database.commit(() => {
      const bucket = this.database.requireBucket(write.bucket);
      const head = this.database.heads.get(objectKey(bucket.id, key));
      const newest = head ?? this.history.newest(bucket.id, key);
      authorize(newest);
      checkConditions(head, conditions);
      const order = nextOrder(newest?.order);
      const made: ObjectRecord = {
        ...draft,
        versionId: bucket.versioning === "Enabled" ? versionIdOf(order) : "null",
        order,
        modifiedAt: wholeSeconds(),
        isDeleteMarker: false,
        data: place(garbage),
      };
      this.history.retire(bucket, key, head, garbage);
      this.database.heads.put(objectKey(bucket.id, key), made);
      if (bucket.notifications) publish?.(bucket, made);
      return made;
    });
    this.blobs.discard(garbage);
    return record;
  }
}

/**
 * Checks the conditions of a write or a deletion.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 * @throws S3Error PreconditionFailed, NoSuchKey (If-Match without an object)
 */
export function checkConditions(head: ObjectRecord | undefined, { ifMatch, ifNoneMatch }: WriteConditions): void {
  if (ifNoneMatch !== undefined && head && (ifNoneMatch === "*" || ifNoneMatch === head.etag)) {
    throw new S3Error("PreconditionFailed", undefined, { Condition: "If-None-Match" });
  }
  if (ifMatch === undefined) return;
  if (!head) throw new S3Error("NoSuchKey");
  if (ifMatch !== "*" && ifMatch !== head.etag)
    throw new S3Error("PreconditionFailed", undefined, { Condition: "If-Match" });
}
