import { AppError } from "@/lib/errors";
import {
  type BucketTarget,
  createBucket,
  getVersioning,
  putVersioning,
  requireBucket,
} from "@/lib/storage/bucket-settings";
import { type Aspect, compare, s3Error } from "./aspect";

/** The bucket exists, in this region, and these credentials may use it. */
export const bucket: Aspect = {
  name: "bucket",
  required: true,
  async read({ storage }) {
    const wanted = "exists";
    try {
      await requireBucket(storage);
      return compare(wanted, wanted);
    } catch (cause) {
      const { status } = s3Error(cause);
      if (status === 404) return compare("missing", wanted);
      if (status === 301) throw new AppError("INTERNAL", "It is in another region: set S3_REGION.", { cause });
      if (status !== 403) throw cause;
      const message = "Access denied: check the credentials, or set S3_BUCKET if the name belongs to another account.";
      throw new AppError("INTERNAL", message, { cause });
    }
  },
  write: ({ storage }) => createMissing(storage),
};

/** Creates the bucket. Does nothing when another process has created it in the meantime. Throws the SDK's errors. */
export async function createMissing(storage: BucketTarget): Promise<void> {
  try {
    await createBucket(storage);
  } catch (error) {
    if (s3Error(error).name !== "BucketAlreadyOwnedByYou") throw error;
  }
}

/** Versioning: overwriting and deleting lose no data, and a revision can pin the version that was verified. */
export const versioning: Aspect = {
  name: "versioning",
  required: true,
  async read({ storage, settings }) {
    return compare((await getVersioning(storage)) ?? "never enabled", settings.versioning);
  },
  async write({ storage, settings }) {
    await putVersioning(storage, settings.versioning);
  },
};
