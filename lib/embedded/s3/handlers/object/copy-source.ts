import { authorizeVersion } from "../../access/authorize";
import { ACCOUNT_ID } from "../../auth/users";
import type { Call } from "../../call/call";
import { assertKey } from "../../protocol/address";
import { parseCopySource } from "../../protocol/copy-source-name";
import { S3Error } from "../../protocol/errors";
import { isId } from "../../store/database/ids";
import type { BucketRecord, ObjectRecord } from "../../store/database/records";
import { VanishedError } from "../../store/versions/reading";
import { checkReadConditions } from "./conditional";

/** The object that `x-amz-copy-source` names; the caller may read it and its conditions hold. */
export interface Source {
  readonly bucket: BucketRecord;
  readonly key: string;
  /** As requested; `undefined` for the newest. */
  readonly versionId: string | undefined;
  readonly record: ObjectRecord;
}

const MAX_ATTEMPTS = 6;

/**
 * Calls `use` with the source of a copy; again, with the newer version, when the source is overwritten meanwhile.
 * @throws S3Error InvalidArgument, NoSuchBucket, NoSuchKey, NoSuchVersion, AccessDenied, PreconditionFailed, and what `use` throws
 */
export async function withSource<T>(call: Call, use: (source: Source) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await use(findSource(call));
    } catch (error) {
      if (!(error instanceof VanishedError) || attempt >= MAX_ATTEMPTS) throw error;
    }
  }
}

function findSource(call: Call): Source {
  const named = parseCopySource(call.header("x-amz-copy-source") ?? "");
  const { bucket: name = "", key = "", versionId } = named ?? {};
  if (!named || (versionId !== undefined && versionId !== "null" && !isId(versionId))) throw badSource();
  assertKey(key);
  const expectedOwner = call.header("x-amz-source-expected-bucket-owner");
  if (expectedOwner !== undefined && expectedOwner !== ACCOUNT_ID) throw new S3Error("AccessDenied");
  const bucket = call.store.buckets.find(name);
  if (!bucket) throw new S3Error("NoSuchBucket", undefined, { BucketName: name });
  const record = call.store.objects.find(bucket, key, versionId);
  const action = versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
  authorizeVersion({ ...call.question(action, { bucket, record, versionId }), key });
  if (!record) throw new S3Error(versionId === undefined ? "NoSuchKey" : "NoSuchVersion", undefined, { Key: key });
  if (record.isDeleteMarker) {
    if (versionId === undefined) throw new S3Error("NoSuchKey", undefined, { Key: key });
    throw new S3Error(
      "InvalidRequest",
      "The source of a copy request may not specifically refer to a delete marker by version id.",
    );
  }
  checkReadConditions(record, (field) => call.header(field), "x-amz-copy-source-");
  return { bucket, key, versionId, record };
}

function badSource(): S3Error {
  return new S3Error("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey", {
    ArgumentName: "x-amz-copy-source",
  });
}

/** The version copied, for the answer. */
export function sourceVersion({ bucket, record }: Source): Record<string, string> {
  return bucket.versioning ? { "x-amz-copy-source-version-id": record.versionId } : {};
}
