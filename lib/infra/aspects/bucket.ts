import {
  CreateBucketCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import { AppError } from "@/lib/errors";
import { type Aspect, compare, s3Error } from "./aspect";

/** That the bucket is there, in this region, and ours to use. */
export const bucket: Aspect = {
  name: "bucket",
  required: true,
  async read({ client, settings }) {
    const wanted = "exists";
    try {
      await client.send(new HeadBucketCommand({ Bucket: settings.bucket }));
      return { state: "equal", current: wanted, wanted };
    } catch (error) {
      const { status } = s3Error(error);
      if (status === 404) return { state: "differs", current: "missing", wanted };
      if (status === 301)
        throw new AppError("INTERNAL", "It lives in another region: set S3_REGION.", { cause: error });
      if (status === 403) {
        const message = "These credentials may not use it; or the name is taken by somebody else: set S3_BUCKET.";
        throw new AppError("INTERNAL", message, { cause: error });
      }
      throw error;
    }
  },
  async write({ client, settings }) {
    try {
      // The SDK adds the region as the location where one is needed.
      await client.send(new CreateBucketCommand({ Bucket: settings.bucket }));
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
  async read({ client, settings }) {
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: settings.bucket }));
    return compare(Status ?? "never enabled", settings.versioning);
  },
  async write({ client, settings }) {
    const VersioningConfiguration = { Status: settings.versioning };
    await client.send(new PutBucketVersioningCommand({ Bucket: settings.bucket, VersioningConfiguration }));
  },
};
