import "server-only";
import { type Storage, storage } from "./client";
import type { ListedVersion } from "./list";
import { headObject } from "./objects";

/** Storages that encrypt with keys of their own (SSE-KMS): there an ETag looks like an MD5 and is none. */
const opaque = new WeakSet<Storage>();

/**
 * The MD5 of an object's bytes as its ETag says it; null for one that came in parts, and where this process has seen that
 * ETags are something else. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 */
export function md5Of(etag: string, store: Storage = storage()): string | null {
  return /^[0-9a-f]{32}$/.test(etag) && !opaque.has(store) ? etag : null;
}

/**
 * Whether a listed version's ETag shows that its bytes are not those with this MD5. Costs nothing where they agree; where they
 * do not, one HEAD tells other bytes from an ETag that is no MD5 (once a process: a bucket encrypts all or nothing).
 * Throws AppError UNAVAILABLE, INTERNAL.
 */
export async function refutesMd5(version: ListedVersion, md5: string, store: Storage = storage()): Promise<boolean> {
  const listed = md5Of(version.etag, store);
  if (listed === null || listed === md5) return false;
  const object = await headObject({ key: version.key, versionId: version.versionId }, store);
  if (object?.isOpaque) opaque.add(store);
  return !object?.isOpaque;
}
