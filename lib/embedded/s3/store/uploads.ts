import { S3Error } from "../protocol/errors";
import type { Database, Garbage } from "./database/database";
import { isId, newId, wholeSeconds } from "./database/ids";
import { afterPrefix, bucketPrefix, objectKey, partKey, uploadKey } from "./database/keys";
import type { BucketRecord, DataRef, Layout, ObjectRecord, PartRecord, UploadRecord } from "./database/records";
import type { BlobFiles } from "./disk/blobs";
import type { StagedData } from "./staging";
import { commonPrefixOf, firstKey, foldedPage } from "./versions/listing";
import type { VersionWriter, Write } from "./versions/version-writer";

export interface UploadQuery {
  readonly prefix: string;
  readonly delimiter: string;
  /** Uploads of keys up to and including this one are left out. */
  readonly after: string;
  /** When given, uploads of the key `after` with greater ids are included. */
  readonly afterId: string | undefined;
  readonly limit: number;
}

export interface UploadPage {
  readonly uploads: readonly UploadRecord[];
  readonly commonPrefixes: readonly string[];
  readonly isTruncated: boolean;
  /** Where the next page starts: after a key and the id of its last upload, or after a common prefix. */
  readonly last: { readonly key: string; readonly uploadId?: string } | undefined;
}

/** What names an upload. */
export interface UploadTarget {
  readonly bucket: BucketRecord;
  readonly key: string;
  readonly uploadId: string;
}

/** Multipart uploads in progress. */
export class Uploads {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobFiles,
    private readonly writer: VersionWriter,
  ) {}

  /** Begins an upload. @throws S3Error NoSuchBucket, InsufficientStorage */
  async create(target: BucketRecord, draft: Omit<UploadRecord, "uploadId" | "initiatedAt">): Promise<UploadRecord> {
    const record: UploadRecord = { ...draft, uploadId: newId(), initiatedAt: Date.now() };
    await this.database.commit(() => {
      const bucket = this.database.requireBucket(target);
      this.database.uploads.put(uploadKey(bucket.id, draft.key, record.uploadId), record);
    });
    return record;
  }

  find(bucket: BucketRecord, key: string, uploadId: string): UploadRecord | undefined {
    return isId(uploadId) ? this.database.uploads.get(uploadKey(bucket.id, key, uploadId)) : undefined;
  }

  /** Finds an upload. @throws S3Error NoSuchUpload */
  require(bucket: BucketRecord, key: string, uploadId: string): UploadRecord {
    const record = this.find(bucket, key, uploadId);
    if (!record) throw new S3Error("NoSuchUpload", undefined, { UploadId: uploadId });
    return record;
  }

  /**
   * Keeps received bytes as a part, replacing one of the same number, or discards them when that fails.
   * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
   * @throws S3Error NoSuchUpload when the upload ended meanwhile, NoSuchBucket, InsufficientStorage
   */
  async putPart(
    target: UploadTarget,
    draft: Omit<PartRecord, "data" | "modifiedAt">,
    data: StagedData,
  ): Promise<PartRecord> {
    const garbage: Garbage = [];
    try {
      const part = await this.database.commit(() => {
        this.require(this.database.requireBucket(target.bucket), target.key, target.uploadId);
        const at = partKey(target.uploadId, draft.number);
        this.database.release(this.database.parts.get(at)?.data, garbage);
        const made: PartRecord = { ...draft, data: data.place(), modifiedAt: wholeSeconds() };
        this.database.parts.put(at, made);
        return made;
      });
      this.blobs.discard(garbage);
      return part;
    } catch (error) {
      await data.discard();
      throw error;
    }
  }

  /** Parts with numbers above `after`, in order. */
  parts(uploadId: string, after = 0, limit = 10_000): PartRecord[] {
    const range = { start: partKey(uploadId, after + 1), end: afterPrefix(Buffer.from(uploadId, "latin1")), limit };
    return [...this.database.parts.getRange(range)].map(({ value }) => value);
  }

  /**
   * Makes chosen parts the newest version of the upload's key and ends the upload; parts not chosen are deleted.
   * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
   * @throws S3Error NoSuchUpload, InvalidPart when one was replaced meanwhile; as `Objects.put`
   */
  complete(write: Write, uploadId: string, chosen: readonly PartRecord[]): Promise<ObjectRecord> {
    const { bucket, key } = write;
    return this.writer.write(write, (garbage) => this.#assemble({ bucket, key, uploadId }, chosen, garbage));
  }

  /** Aborts an upload and deletes its parts. @returns whether the upload existed */
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

  /** Aborts all uploads of a bucket that is being deleted. Within a transaction. */
  abortAll(bucket: BucketRecord, garbage: Garbage): void {
    const start = bucketPrefix(bucket.id);
    const rows = [...this.database.uploads.getRange({ start, end: afterPrefix(start) })];
    for (const { value } of rows) this.#drop(bucket, value.key, value.uploadId, garbage);
  }

  /**
   * A page of uploads by key, then by start; keys are folded at the delimiter as in lists of objects.
   * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
   */
  list(bucket: BucketRecord, query: UploadQuery): UploadPage {
    const end = afterPrefix(objectKey(bucket.id, query.prefix));
    const { entries, ...page } = foldedPage(query, (common) => {
      const start = common === undefined ? firstUpload(bucket, query) : afterPrefix(objectKey(bucket.id, common));
      return this.database.uploads.getRange({ start, end }).map(({ value }) => value);
    });
    const newest = entries.at(-1);
    const isUploadLast = newest !== undefined && newest.key === page.last;
    const last = isUploadLast ? newest : page.last === undefined ? undefined : { key: page.last };
    return { ...page, uploads: entries, last };
  }

  #assemble({ bucket, key, uploadId }: UploadTarget, chosen: readonly PartRecord[], garbage: Garbage): DataRef {
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
