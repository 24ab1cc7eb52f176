import { S3Error } from "../protocol/errors";
import type { Database, Garbage } from "./database/database";
import { newId, orderOf } from "./database/ids";
import { objectKey, versionKey } from "./database/keys";
import type { BucketRecord, DataRef, ObjectDraft, ObjectRecord } from "./database/records";
import type { BlobFiles } from "./disk/blobs";
import type { DiskSpace } from "./disk/space";
import type { StagedData } from "./staging";
import type { Deletion, History } from "./versions/history";
import {
  type Listed,
  type ListQuery,
  listObjects,
  listVersions,
  type ObjectEntry,
  type VersionEntry,
  type VersionQuery,
} from "./versions/listing";
import { type ObjectPart, partOf, partsOf } from "./versions/object-parts";
import { VanishedError } from "./versions/reading";
import {
  type Authorize,
  checkConditions,
  type Publish,
  type VersionWriter,
  type Write,
  type WriteConditions,
} from "./versions/version-writer";

/** Objects and their versions. Every write is durable before its promise resolves. */
export class Objects {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobFiles,
    private readonly space: DiskSpace,
    private readonly history: History,
    private readonly writer: VersionWriter,
  ) {}

  /** The newest version, delete markers included, or the one asked for (`null` is the unversioned one). */
  find(bucket: BucketRecord, key: string, versionId?: string): ObjectRecord | undefined {
    const head = this.#head(bucket, key);
    if (versionId === undefined) return head ?? (bucket.versioning ? this.history.newest(bucket.id, key) : undefined);
    if (head?.versionId === versionId) return head;
    const order = versionId === "null" ? this.history.nullOrder(bucket.id, key) : orderOf(versionId);
    if (order === undefined) return undefined;
    const record = this.database.versions.get(versionKey(bucket.id, key, order));
    return record?.versionId === versionId ? record : undefined;
  }

  /**
   * Returns a page of the newest versions, in the order of UTF-8 bytes; delete markers and what they hide are left out.
   * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
   */
  list(bucket: BucketRecord, query: ListQuery): Listed<ObjectEntry> {
    return listObjects(this.database, bucket, query);
  }

  /**
   * Returns a page of all versions and delete markers: keys in the order of UTF-8 bytes, the newest version first.
   * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
   */
  listVersions(bucket: BucketRecord, query: VersionQuery): Listed<VersionEntry> {
    return listVersions(this.database, bucket, query);
  }

  /** The parts of a multipart object in order, `undefined` for an object that came in one piece. */
  parts(record: ObjectRecord): ObjectPart[] | undefined {
    return partsOf(this.database, record);
  }

  /** Part `number` of an object, counted from 1; an object that came in one piece is its own first part. */
  part(record: ObjectRecord, number: number): ObjectPart | undefined {
    return partOf(this.database, record, number);
  }

  /**
   * Checks a write's conditions ahead of it, to refuse a large body before it is sent. The write checks them again in
   * its transaction.
   * @throws S3Error PreconditionFailed, NoSuchKey (If-Match without an object)
   */
  checkConditions(bucket: BucketRecord, key: string, conditions: WriteConditions): void {
    checkConditions(this.#head(bucket, key), conditions);
  }

  /**
   * Makes received bytes the newest version of a key, or discards them when that fails.
   * @throws S3Error AccessDenied, PreconditionFailed, NoSuchKey (If-Match without an object), NoSuchBucket, InsufficientStorage
   */
  async put(write: Write, data: StagedData): Promise<ObjectRecord> {
    try {
      return await this.writer.write(write, () => data.place());
    } catch (error) {
      await data.discard();
      throw error;
    }
  }

  /**
   * Makes the bytes of a version the newest version of a key. Small bytes are duplicated, large ones shared.
   * @throws VanishedError when the source was deleted meanwhile: find its record again
   * @throws S3Error as `put`
   */
  copy(write: Write, source: ObjectRecord): Promise<ObjectRecord> {
    return this.writer.write(write, () => this.#share(source));
  }

  /**
   * Changes tags or ACL of a version in place.
   * @throws S3Error NoSuchKey when the version is gone, AccessDenied when another has its place and may not be changed,
   * NoSuchBucket, InsufficientStorage
   */
  async amend(
    target: BucketRecord,
    key: string,
    found: ObjectRecord,
    change: Partial<ObjectDraft>,
    authorize: Authorize,
    publish?: Publish<ObjectRecord>,
  ): Promise<void> {
    await this.database.commit(() => {
      const bucket = this.database.requireBucket(target);
      const current = this.find(bucket, key, found.versionId);
      if (!current || current.isDeleteMarker) throw new S3Error("NoSuchKey", undefined, { Key: key });
      authorize(current); // where nothing is versioned, another object may be in the place of the one that was found
      const amended = { ...current, ...change };
      if (this.#head(bucket, key)?.versionId === current.versionId)
        this.database.heads.put(objectKey(bucket.id, key), amended);
      else this.database.versions.put(versionKey(bucket.id, key, current.order), amended);
      if (bucket.notifications) publish?.(bucket, amended);
    });
  }

  /**
   * Deletes the newest version: permanently in a bucket without versioning, else by a delete marker.
   * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
   * @throws S3Error AccessDenied, InsufficientStorage for a marker when the disk is full, PreconditionFailed, NoSuchKey
   * (If-Match without an object), NoSuchBucket
   */
  remove(
    target: BucketRecord,
    key: string,
    { authorize, ...conditions }: WriteConditions & { readonly authorize: Authorize },
    publish?: Publish<Deletion>,
  ): Promise<Deletion> {
    return this.#delete(target, publish, (bucket, garbage) => {
      const head = this.#head(bucket, key);
      authorize(head ?? this.history.newest(bucket.id, key));
      if (conditions.ifMatch !== undefined) checkConditions(head, conditions);
      if (bucket.versioning) this.space.requireForMarker();
      const deletion = this.history.removeNewest(bucket, key, head, garbage);
      return { deletion, isChange: head !== undefined || deletion.isDeleteMarker };
    });
  }

  /**
   * Deletes one version permanently; the next newest takes its place. Deleting a version that does not exist succeeds,
   * as in S3.
   * @throws S3Error PreconditionFailed, NoSuchKey (If-Match without such a version), NoSuchBucket
   */
  removeVersion(
    target: BucketRecord,
    key: string,
    versionId: string,
    conditions: WriteConditions = {},
    publish?: Publish<Deletion>,
  ): Promise<Deletion> {
    return this.#delete(target, publish, (bucket, garbage) => {
      const record = this.find(bucket, key, versionId);
      if (conditions.ifMatch !== undefined) checkConditions(record, conditions);
      if (record) this.history.drop(bucket.id, key, record, garbage);
      const deletion = { versionId, isDeleteMarker: record?.isDeleteMarker ?? false };
      return { deletion, isChange: record !== undefined };
    });
  }

  async #delete(
    target: BucketRecord,
    publish: Publish<Deletion> | undefined,
    remove: (bucket: BucketRecord, garbage: Garbage) => { deletion: Deletion; isChange: boolean },
  ): Promise<Deletion> {
    const garbage: Garbage = [];
    const deletion = await this.database.commit(() => {
      const bucket = this.database.requireBucket(target);
      const { deletion, isChange } = remove(bucket, garbage);
      if (isChange && bucket.notifications) publish?.(bucket, deletion);
      return deletion;
    });
    this.blobs.discard(garbage);
    return deletion;
  }

  #head(bucket: BucketRecord, key: string): ObjectRecord | undefined {
    return this.database.heads.get(objectKey(bucket.id, key));
  }

  /** Adds a reference to a version's bytes. Within a transaction. @throws VanishedError */
  #share({ data }: ObjectRecord): DataRef {
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
