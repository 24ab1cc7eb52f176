import { S3Error } from "../protocol/errors";
import type { BlobFiles } from "./blobs";
import { requireBucket } from "./buckets";
import type { Database, Garbage } from "./database";
import { type Deletion, History } from "./history";
import { newId, nextOrder, orderOf, versionIdOf, wholeSeconds } from "./ids";
import { objectKey, versionKey } from "./keys";
import { VanishedError } from "./reading";
import type { BucketRecord, DataRef, ObjectDraft, ObjectRecord } from "./records";
import type { DiskSpace } from "./space";

/** Conditions of a write, checked in the same transaction as the write. ETags without quotes; `*` is any object. */
export interface WriteConditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

/** Tells of a change in the transaction that makes it; called for buckets with notifications only. */
export type Announce<Change> = (bucket: BucketRecord, change: Change) => void;

/** Objects and their versions. Every write is durable before its promise resolves. */
export class Objects {
  readonly #history: History;

  constructor(
    private readonly database: Database,
    private readonly blobs: BlobFiles,
    private readonly space: DiskSpace,
  ) {
    this.#history = new History(database);
  }

  /** The newest version, delete markers included, or the one asked for (`null` is the unversioned one). */
  find(bucket: BucketRecord, key: string, versionId?: string): ObjectRecord | undefined {
    const head = this.database.heads.get(objectKey(bucket.id, key));
    if (versionId === undefined) return head ?? (bucket.versioning ? this.#history.newest(bucket.id, key) : undefined);
    if (head?.versionId === versionId) return head;
    const order = versionId === "null" ? this.#history.nullOrder(bucket.id, key) : orderOf(versionId);
    if (order === undefined) return undefined;
    const record = this.database.versions.get(versionKey(bucket.id, key, order));
    return record?.versionId === versionId ? record : undefined;
  }

  /**
   * Makes a new version the newest one.
   * @param place puts the bytes in place; runs in the transaction, after the conditions held
   * @throws S3Error PreconditionFailed, NoSuchKey (If-Match on nothing), NoSuchBucket
   */
  async put(
    target: { bucket: BucketRecord; key: string },
    draft: ObjectDraft,
    place: (garbage: Garbage) => DataRef,
    conditions: WriteConditions = {},
    announce?: Announce<ObjectRecord>,
  ): Promise<ObjectRecord> {
    const garbage: Garbage = [];
    const { key } = target;
    const record = await this.database.commit(() => {
      const bucket = requireBucket(this.database, target.bucket);
      const head = this.database.heads.get(objectKey(bucket.id, key));
      checkWriteConditions(head, conditions);
      const newest = head ?? this.#history.newest(bucket.id, key);
      const order = nextOrder(newest?.order);
      const made: ObjectRecord = {
        ...draft,
        versionId: bucket.versioning === "Enabled" ? versionIdOf(order) : "null",
        order,
        modifiedAt: wholeSeconds(),
        isDeleteMarker: false,
        data: place(garbage),
      };
      this.#history.retire(bucket, key, head, garbage);
      this.database.heads.put(objectKey(bucket.id, key), made);
      if (bucket.notifications) announce?.(bucket, made);
      return made;
    });
    this.blobs.discard(garbage);
    return record;
  }

  /** Changes tags or ACL of a version in place. */
  async amend(
    target: BucketRecord,
    key: string,
    found: ObjectRecord,
    change: Partial<ObjectDraft>,
    announce?: Announce<ObjectRecord>,
  ): Promise<void> {
    await this.database.commit(() => {
      const bucket = requireBucket(this.database, target);
      const current = this.find(bucket, key, found.versionId);
      if (!current || current.isDeleteMarker) throw new S3Error("NoSuchKey", undefined, { Key: key });
      const amended = { ...current, ...change };
      const head = this.database.heads.get(objectKey(bucket.id, key));
      if (head?.versionId === current.versionId) this.database.heads.put(objectKey(bucket.id, key), amended);
      else this.database.versions.put(versionKey(bucket.id, key, current.order), amended);
      if (bucket.notifications) announce?.(bucket, amended);
    });
  }

  /**
   * Deletes as the bucket's versioning has it: for good, or by a delete marker.
   * @throws S3Error InsufficientStorage for a marker when the disk is full, PreconditionFailed, NoSuchKey (If-Match on nothing)
   */
  async remove(
    target: BucketRecord,
    key: string,
    conditions: WriteConditions = {},
    announce?: Announce<Deletion>,
  ): Promise<Deletion> {
    const garbage: Garbage = [];
    const deletion = await this.database.commit(() => {
      const bucket = requireBucket(this.database, target);
      const head = this.database.heads.get(objectKey(bucket.id, key));
      if (conditions.ifMatch !== undefined) checkWriteConditions(head, conditions);
      if (bucket.versioning) this.space.requireForMarker();
      const done = this.#history.removeNewest(bucket, key, head, garbage);
      const isChange = head !== undefined || done.isDeleteMarker;
      if (isChange && bucket.notifications) announce?.(bucket, done);
      return done;
    });
    this.blobs.discard(garbage);
    return deletion;
  }

  /** Deletes one version for good; the next newest takes its place. Deleting what is not there succeeds, as S3 has it. */
  async removeVersion(
    target: BucketRecord,
    key: string,
    versionId: string,
    conditions: WriteConditions = {},
    announce?: Announce<Deletion>,
  ): Promise<Deletion> {
    const garbage: Garbage = [];
    const deletion = await this.database.commit((): Deletion => {
      const bucket = requireBucket(this.database, target);
      const record = this.find(bucket, key, versionId);
      if (conditions.ifMatch !== undefined) checkWriteConditions(record, conditions);
      if (record) this.#history.drop(bucket.id, key, record, garbage);
      const done = { versionId, isDeleteMarker: record?.isDeleteMarker ?? false };
      if (record && bucket.notifications) announce?.(bucket, done);
      return done;
    });
    this.blobs.discard(garbage);
    return deletion;
  }

  /**
   * A second reference to an object's bytes for a copy of it: small ones are doubled, large ones shared.
   * Within a transaction.
   * @throws VanishedError when the source was deleted meanwhile: find the record again
   */
  share(source: ObjectRecord): DataRef {
    const { data } = source;
    if (!data) throw new VanishedError();
    if (data.kind !== "inline") {
      if (this.database.references.get(Buffer.from(data.id)) === undefined) throw new VanishedError();
      this.database.retain(data);
      return data;
    }
    const bytes = this.database.inline.get(Buffer.from(data.id));
    if (!bytes) throw new VanishedError();
    const id = newId();
    this.database.inline.put(Buffer.from(id), bytes);
    return { kind: "inline", id };
  }
}

/** @throws S3Error PreconditionFailed, NoSuchKey */
export function checkWriteConditions(head: ObjectRecord | undefined, conditions: WriteConditions): void {
  const { ifMatch, ifNoneMatch } = conditions;
  if (ifNoneMatch !== undefined && head && (ifNoneMatch === "*" || ifNoneMatch === head.etag)) {
    throw new S3Error("PreconditionFailed", undefined, { Condition: "If-None-Match" });
  }
  if (ifMatch === undefined) return;
  if (!head) throw new S3Error("NoSuchKey");
  if (ifMatch !== "*" && ifMatch !== head.etag)
    throw new S3Error("PreconditionFailed", undefined, { Condition: "If-Match" });
}
