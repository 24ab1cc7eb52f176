import { mintPermit } from "@/lib/storage/permit/mint";
import type { BucketPermit } from "@/lib/storage/permit/permit";

/** A permit for tests of the storage itself, whose buckets belong to no database. */
export function permitFor({ bucket }: { bucket: string }): BucketPermit {
  return mintPermit(bucket, async () => undefined);
}
