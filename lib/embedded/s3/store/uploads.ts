import { S3Error } from "../protocol/errors";
import type { BlobFiles } from "./blobs";
import { requireBucket } from "./buckets";
import type { Database, Garbage } from "./database";
import { isId, newId } from "./ids";
import { afterPrefix, keyOf, objectKey, partKey, UPLOAD_SUFFIX_BYTES, uploadKey } from "./keys";
import { commonPrefixOf, firstKey } from "./listing";
import type { BucketRecord, DataRef, Layout, PartRecord, UploadRecord } from "./records";

export interface UploadQuery {
  readonly prefix: string;
  readonly delimiter: string;
  /** Uploads of keys up to and including this one are left out… */
  readonly after: string;
  /** …but for those of that very key with a greater id than this, when it is given. */
  readonly afterId: string | undefined;
  readonly limit: number;
}

export interface UploadPage {
  readonly uploads: readonly UploadRecord[];
  readonly commonPrefixes: readonly string[];
  readonly isTruncated: boolean;
  /** Where the next page goes on: a key with the id of its last upload, or a common prefix. */
  readonly last: { readonly key: string; readonly uploadId?: string } | undefined;
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
    const record = isId(uploadId) ? this.database.uploads.get(uploadKey(bucket.id, key, uploadId)) : undefined;
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
    const checksumAlgorithm = chosen[0]?.checksum?.algorithm;
    const layout: Layout = {
      ...(checksumAlgorithm && { checksumAlgorithm }),
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

  /** A page of uploads in order of key, then of beginning; keys folded at the delimiter as in lists of objects. */
  list(bucket: BucketRecord, query: UploadQuery): UploadPage {
    const uploads: UploadRecord[] = [];
    const commonPrefixes: string[] = [];
    const page = (isTruncated: boolean): UploadPage => ({ uploads, commonPrefixes, isTruncated, last });
    const end = afterPrefix(objectKey(bucket.id, query.prefix));
    let start = firstUpload(bucket, query);
    let last: UploadPage["last"];
    if (query.limit === 0) return page(false);
    for (let seek = true; seek; ) {
      seek = false;
      for (const { key: tableKey, value } of this.database.uploads.getRange({ start, end })) {
        if (uploads.length + commonPrefixes.length >= query.limit) return page(true);
        const common = commonPrefixOf(keyOf(tableKey, UPLOAD_SUFFIX_BYTES), query);
        if (common === undefined) {
          uploads.push(value);
          last = value;
          continue;
        }
        commonPrefixes.push(common);
        last = { key: common };
        start = afterPrefix(objectKey(bucket.id, common));
        seek = true;
        break;
      }
    }
    return page(false);
  }

  #drop(bucket: BucketRecord, key: string, uploadId: string, garbage: Garbage): void {
    for (const part of this.parts(uploadId)) {
      this.database.release(part.data, garbage);
      this.database.parts.remove(partKey(uploadId, part.number));
    }
    this.database.uploads.remove(uploadKey(bucket.id, key, uploadId));
  }
}

function firstUpload(bucket: BucketRecord, query: UploadQuery): Buffer {
  const prefix = objectKey(bucket.id, query.prefix);
  const first = firstKey(bucket, query, prefix);
  if (query.afterId === undefined || commonPrefixOf(query.after, query) === query.after) return first;
  const behind = Buffer.concat([uploadKey(bucket.id, query.after, query.afterId), Buffer.from([0])]);
  return Buffer.compare(behind, prefix) > 0 ? behind : prefix;
}
