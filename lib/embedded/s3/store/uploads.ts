import { S3Error } from "../errors";
import type { BlobFiles } from "./blobs";
import { requireBucket } from "./buckets";
import type { Database, Garbage } from "./database";
import { newId } from "./ids";
import { afterPrefix, objectKey, partKey, uploadKey } from "./keys";
import type { BucketRecord, DataRef, Layout, PartRecord, UploadRecord } from "./records";

export interface UploadQuery {
  readonly prefix: string;
  readonly keyMarker: string;
  readonly uploadIdMarker: string;
  readonly limit: number;
}

/** Multipart uploads in progress. */
export class Uploads {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobFiles,
  ) {}

  async create(target: BucketRecord, draft: Omit<UploadRecord, "uploadId" | "initiatedAt">): Promise<UploadRecord> {
    const record: UploadRecord = { ...draft, uploadId: newId(), initiatedAt: Date.now() };
    await this.database.commit(() => {
      const bucket = requireBucket(this.database, target);
      this.database.uploads.put(uploadKey(bucket.id, draft.key, record.uploadId), record);
    });
    return record;
  }

  /** @throws S3Error NoSuchUpload */
  require(bucket: BucketRecord, key: string, uploadId: string): UploadRecord {
    const record = this.database.uploads.get(uploadKey(bucket.id, key, uploadId));
    if (!record) throw new S3Error("NoSuchUpload", undefined, { UploadId: uploadId });
    return record;
  }

  /** Keeps a part, in place of one of the same number. */
  async putPart(
    target: { bucket: BucketRecord; key: string; uploadId: string },
    draft: Omit<PartRecord, "data" | "modifiedAt">,
    place: () => DataRef,
  ): Promise<PartRecord> {
    const garbage: Garbage = [];
    const part = await this.database.commit(() => {
      this.require(requireBucket(this.database, target.bucket), target.key, target.uploadId);
      const at = partKey(target.uploadId, draft.number);
      this.database.release(this.database.parts.get(at)?.data, garbage);
      const made: PartRecord = { ...draft, data: place(), modifiedAt: Math.floor(Date.now() / 1000) * 1000 };
      this.database.parts.put(at, made);
      return made;
    });
    this.blobs.discard(garbage);
    return part;
  }

  /** Parts with numbers above `after`, in order. */
  parts(uploadId: string, after = 0, limit = 10_000): PartRecord[] {
    const range = { start: partKey(uploadId, after + 1), end: afterPrefix(Buffer.from(uploadId, "latin1")), limit };
    return [...this.database.parts.getRange(range)].map(({ value }) => value);
  }

  /**
   * Turns chosen parts into an object's bytes and ends the upload; parts not chosen go to the garbage. Within a
   * transaction.
   */
  assemble(
    bucket: BucketRecord,
    key: string,
    uploadId: string,
    chosen: readonly PartRecord[],
    garbage: Garbage,
  ): DataRef {
    this.require(bucket, key, uploadId);
    for (const part of chosen) {
      if (this.database.parts.get(partKey(uploadId, part.number))?.data.id === part.data.id) continue;
      throw new S3Error("InvalidPart", undefined, { PartNumber: String(part.number) }); // replaced meanwhile
    }
    const wanted = new Set(chosen.map((part) => part.data.id));
    for (const part of this.parts(uploadId)) {
      if (!wanted.has(part.data.id)) this.database.release(part.data, garbage);
      this.database.parts.remove(partKey(uploadId, part.number));
    }
    this.database.uploads.remove(uploadKey(bucket.id, key, uploadId));
    const layout: Layout = {
      parts: chosen.map(({ number, data, sizeBytes, checksum }) => ({
        number,
        data,
        sizeBytes,
        ...(checksum && { checksum: checksum.value }),
      })),
    };
    const data: DataRef = { kind: "parts", id: newId() };
    this.database.layouts.put(Buffer.from(data.id), layout);
    this.database.retain(data);
    return data;
  }

  /** Drops an upload and its parts. @returns whether there was one */
  async abort(bucket: BucketRecord, key: string, uploadId: string): Promise<boolean> {
    const garbage: Garbage = [];
    const existed = await this.database.commit(() => {
      const found = this.database.uploads.get(uploadKey(bucket.id, key, uploadId)) !== undefined;
      if (found) this.#drop(bucket, key, uploadId, garbage);
      return found;
    });
    this.blobs.discard(garbage);
    return existed;
  }

  /** All uploads of keys that begin with `prefix`. */
  all(bucket: BucketRecord, prefix: string): UploadRecord[] {
    const start = objectKey(bucket.id, prefix);
    return [...this.database.uploads.getRange({ start, end: afterPrefix(start) })].map(({ value }) => value);
  }

  /** Drops all uploads of a bucket that is being deleted. Within a transaction. */
  abortAll(bucket: BucketRecord, garbage: Garbage): void {
    for (const { key, uploadId } of this.all(bucket, "")) this.#drop(bucket, key, uploadId, garbage);
  }

  /** Uploads in order of key, then of beginning. */
  list(bucket: BucketRecord, query: UploadQuery): { uploads: UploadRecord[]; isTruncated: boolean } {
    const prefix = objectKey(bucket.id, query.prefix);
    const marker = query.uploadIdMarker
      ? Buffer.concat([uploadKey(bucket.id, query.keyMarker, query.uploadIdMarker), Buffer.from([0])])
      : Buffer.concat([objectKey(bucket.id, query.keyMarker), Buffer.from([1])]);
    const start = query.keyMarker && Buffer.compare(marker, prefix) > 0 ? marker : prefix;
    const range = { start, end: afterPrefix(prefix), limit: query.limit + 1 };
    const found = [...this.database.uploads.getRange(range)].map(({ value }) => value);
    return { uploads: found.slice(0, query.limit), isTruncated: found.length > query.limit };
  }

  #drop(bucket: BucketRecord, key: string, uploadId: string, garbage: Garbage): void {
    for (const part of this.parts(uploadId)) {
      this.database.release(part.data, garbage);
      this.database.parts.remove(partKey(uploadId, part.number));
    }
    this.database.uploads.remove(uploadKey(bucket.id, key, uploadId));
  }
}
