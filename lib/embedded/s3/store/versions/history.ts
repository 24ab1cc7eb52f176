import type { Database, Garbage } from "../database/database";
import { nextOrder, versionIdOf, wholeSeconds } from "../database/ids";
import { objectKey, versionKey, versionRange } from "../database/keys";
import type { BucketRecord, ObjectRecord } from "../database/records";

export interface Deletion {
  /** The version removed or the marker made; absent where nothing is versioned. */
  readonly versionId?: string;
  readonly isDeleteMarker: boolean;
}

/**
 * The versions behind the newest one. Invariant: a key's newest version is in `heads` exactly when it is no delete
 * marker; everything else is in `versions`. All writes here run within a transaction.
 */
export class History {
  constructor(private readonly database: Database) {}

  /** The newest entry of `versions`. */
  newest(bucketId: number, key: string): ObjectRecord | undefined {
    for (const { value } of this.database.versions.getRange({ ...versionRange(bucketId, key), limit: 1 })) return value;
    return undefined;
  }

  nullOrder(bucketId: number, key: string): number | undefined {
    return this.database.nulls.get(objectKey(bucketId, key));
  }

  add(bucketId: number, key: string, record: ObjectRecord): void {
    this.database.versions.put(versionKey(bucketId, key, record.order), record);
    if (record.versionId === "null") this.database.nulls.put(objectKey(bucketId, key), record.order);
  }

  /**
   * Prepares for a new version: the head moves into the history when its bucket keeps versions, else it is deleted. With
   * versioning suspended (or never enabled) the new version is `null` and replaces the previous `null` version.
   */
  retire(bucket: BucketRecord, key: string, head: ObjectRecord | undefined, garbage: Garbage): void {
    const replacesNull = bucket.versioning !== "Enabled";
    if (head && replacesNull && head.versionId === "null") this.database.release(head.data, garbage);
    else if (head) this.add(bucket.id, key, head);
    const older = replacesNull && bucket.versioning ? this.nullOrder(bucket.id, key) : undefined;
    if (older !== undefined && head?.versionId !== "null") this.#removeOld(bucket.id, key, older, garbage);
  }

  /** Deletes the newest version as the bucket's versioning requires: permanently, or by a delete marker. */
  removeNewest(bucket: BucketRecord, key: string, head: ObjectRecord | undefined, garbage: Garbage): Deletion {
    if (!bucket.versioning) {
      if (head) this.drop(bucket.id, key, head, garbage);
      return { isDeleteMarker: false };
    }
    const order = nextOrder((head ?? this.newest(bucket.id, key))?.order);
    const versionId = bucket.versioning === "Enabled" ? versionIdOf(order) : "null";
    this.retire(bucket, key, head, garbage);
    if (head) this.database.heads.remove(objectKey(bucket.id, key));
    this.add(bucket.id, key, deleteMarker(versionId, order, bucket.owner));
    return { versionId, isDeleteMarker: true };
  }

  /** Deletes a version permanently; the newest of the others becomes the head unless it is a delete marker. */
  drop(bucketId: number, key: string, record: ObjectRecord, garbage: Garbage): void {
    const { heads, versions, nulls } = this.database;
    const head = heads.get(objectKey(bucketId, key));
    if (head?.versionId === record.versionId) {
      heads.remove(objectKey(bucketId, key));
      this.database.release(record.data, garbage);
    } else {
      this.#removeOld(bucketId, key, record.order, garbage);
      if (head) return;
    }
    const next = this.newest(bucketId, key);
    if (!next || next.isDeleteMarker) return;
    versions.remove(versionKey(bucketId, key, next.order));
    if (next.versionId === "null") nulls.remove(objectKey(bucketId, key));
    heads.put(objectKey(bucketId, key), next);
  }

  #removeOld(bucketId: number, key: string, order: number, garbage: Garbage): void {
    const at = versionKey(bucketId, key, order);
    const record = this.database.versions.get(at);
    if (!record) return;
    this.database.versions.remove(at);
    if (record.versionId === "null") this.database.nulls.remove(objectKey(bucketId, key));
    this.database.release(record.data, garbage);
  }
}

function deleteMarker(versionId: string, order: number, owner: string): ObjectRecord {
  const empty = { sizeBytes: 0, etag: "", headers: {}, metadata: {} };
  return { ...empty, versionId, order, owner, modifiedAt: wholeSeconds(), isDeleteMarker: true };
}
