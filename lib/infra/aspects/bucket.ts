import { AppError } from "@/lib/errors";
import { createBucket, getVersioning, putVersioning, requireBucket } from "@/lib/storage/bucket-settings";
import { type Aspect, compare, s3Error } from "./aspect";

/** That the bucket is there, in this region, and ours to use. */
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
      if (status === 301) throw new AppError("INTERNAL", "It lives in another region: set S3_REGION.", { cause });
      if (status !== 403) throw cause;
      const message = "These credentials may not use it; or the name is taken by somebody else: set S3_BUCKET.";
      throw new AppError("INTERNAL", message, { cause });
    }
  },
  async write({ storage }) {
    try {
      await createBucket(storage);
    } catch (error) {
      // Two processes that start together both find it missing.
      if (s3Error(error).name !== "BucketAlreadyOwnedByYou") throw error;
    }
  },
};

/** Every write keeps what was there before: overwriting and deleting lose nothing, and a record can pin the version it verified. */
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
