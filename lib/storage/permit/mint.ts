import "server-only";
import type { BucketPermit } from "./permit";

/** Makes a permit for a bucket. `require` throws while the bucket must not be changed. */
export function mintPermit(bucket: string, require: () => Promise<void>): BucketPermit {
  return { bucket, require } as BucketPermit;
}
