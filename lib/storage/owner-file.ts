import "server-only";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { AppError } from "@/lib/errors";
import { type Storage, storage } from "./client";
import { storageCall } from "./errors";
import { ownerKey } from "./keys";

export type OwnerFile = {
  text: string;
  /** As the storage sent it, to be sent back in If-Match. */
  etag: string;
  versionId: string | null;
};

const maxBytes = 64 * 1024;

/** Converts a refusal: installations of before have credentials without a permission for the owner file. */
function explainRefusal(error: unknown): unknown {
  if (statusOf(error) !== 403) return error;
  const message =
    "The site's credentials may not read or write the bucket's owner file. Nothing was changed. See \"Permissions\" in lib/infra/README.md.";
  return new AppError("INTERNAL", message, { cause: error });
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/** Reads the file that names the bucket's owner; null when there is none. Throws AppError UNAVAILABLE, INTERNAL. */
export async function readOwnerFile({ client, bucket }: Storage = storage()): Promise<OwnerFile | null> {
  return storageCall(async () => {
    try {
      const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: ownerKey }));
      if ((answer.ContentLength ?? 0) > maxBytes) throw new Error(`${ownerKey} is larger than ${maxBytes} bytes`);
      const text = (await answer.Body?.transformToString()) ?? "";
      return { text, etag: answer.ETag ?? "", versionId: answer.VersionId ?? null };
    } catch (error) {
      if (error instanceof Error && error.name === "NoSuchKey") return null;
      throw explainRefusal(error);
    }
  });
}

/**
 * Writes the owner file if it is as it was read (`before`, null for none). Returns false when it was changed since, on storages
 * that evaluate If-Match and If-None-Match on PUT; others may write in any case, so the caller reads it again. Throws AppError
 * UNAVAILABLE, INTERNAL. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export async function writeOwnerFile(
  text: string,
  before: OwnerFile | null,
  store: Storage = storage(),
): Promise<boolean> {
  if (before === null) return (await put(text, { IfNoneMatch: "*" }, store)) === "written";
  const outcome = await put(text, { IfMatch: before.etag }, store);
  if (outcome !== "refused") return outcome === "written";
  // Ceph 16 refuses every If-Match in a versioned bucket. Elsewhere, what was refused has changed.
  const present = await readOwnerFile(store);
  if (present?.etag !== before.etag || present.versionId !== before.versionId) return false;
  return (await put(text, {}, store)) === "written";
}

type Outcome =
  | "written"
  /** 412: the condition is false, or the storage does not evaluate it. */
  | "refused"
  /** 409: another conditional PUT of the key is under way. */
  | "conflict";

async function put(
  text: string,
  condition: { IfMatch?: string; IfNoneMatch?: string },
  { client, bucket }: Storage,
): Promise<Outcome> {
  const body = Buffer.from(text);
  const object = { Body: body, ContentLength: body.length, ContentType: "application/json", CacheControl: "no-store" };
  return storageCall(async () => {
    try {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: ownerKey, ...object, ...condition }));
      return "written";
    } catch (error) {
      if (statusOf(error) === 412) return "refused";
      if (statusOf(error) === 409) return "conflict";
      throw explainRefusal(error);
    }
  });
}
