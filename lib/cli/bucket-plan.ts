import type { Env } from "@/lib/env";
import type { AspectName } from "@/lib/infra/aspects/aspect";
import type { AspectPlan } from "@/lib/infra/plan";
import type { BucketSettings } from "@/lib/infra/settings";
import type { KeyPair } from "./start/store";

/** What operators call the aspects of a bucket. */
export const aspectNames: Record<AspectName, string> = {
  bucket: "existence",
  ownership: "object ownership",
  publicAccess: "Block Public Access settings",
  acl: "ACL",
  versioning: "versioning",
  cors: "CORS rules",
  policy: "policy",
  lifecycle: "lifecycle rules",
};

/** Returns the settings of the media bucket of this site. */
export async function bucketSettings(env: Env): Promise<BucketSettings> {
  const [{ mediaBucket }, { isAws }] = await Promise.all([
    import("@/lib/infra/settings"),
    import("@/lib/storage/endpoint"),
  ]);
  // The policy may refuse plain http only if browsers and the site both use https.
  const ways = [env.S3_ENDPOINT, env.S3_PUBLIC_ENDPOINT].filter((endpoint) => endpoint !== undefined);
  const secure = isAws(env.S3_ENDPOINT) || (ways.length > 0 && ways.every((endpoint) => endpoint.startsWith("https:")));
  return mediaBucket({ bucket: env.S3_BUCKET, origins: [env.ATOLL_URL], secure });
}

/**
 * Compares the bucket with the settings of this site. Changes nothing, and claims no bucket. `operator` is the key pair that may read
 * the settings where the site's own may not. Throws AppError UNAVAILABLE.
 */
export async function readBucketPlan(env: Env, operator?: KeyPair): Promise<AspectPlan[]> {
  const [{ planBucket }, { createStorage, storageConfig }] = await Promise.all([
    import("@/lib/infra/plan"),
    import("@/lib/storage/client"),
  ]);
  const storage = createStorage({ ...storageConfig(), ...(operator && { credentials: operator }) });
  try {
    return await planBucket(storage, await bucketSettings(env));
  } finally {
    storage.close();
  }
}
