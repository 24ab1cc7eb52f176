import "server-only";
import { type Storage, storage } from "../client";
import type { ListedVersion } from "./list";
import { headObject } from "./objects";

/** Storages that encrypt with SSE-KMS or customer keys, where an ETag looks like an MD5 but is not. */
const withOpaqueEtags = new WeakSet<Storage>();

/**
 * Returns the MD5 of an object's bytes (hex) if its ETag is one; null for objects uploaded in parts, and for storages whose
 * ETags this process has found not to be MD5s. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 */
export function md5Of(etag: string, store: Storage = storage()): string | null {
  return /^[0-9a-f]{32}$/.test(etag) && !withOpaqueEtags.has(store) ? etag : null;
}

/**
 * Tells whether a version's ETag proves that its bytes do not have this MD5 (hex). When they differ, one HEAD request checks
 * whether the ETag is an MD5 at all; if not, that is remembered for the whole bucket, which encrypts all objects alike.
 * Throws AppError UNAVAILABLE, INTERNAL.
 */
export async function refutesMd5(version: ListedVersion, md5: string, store: Storage = storage()): Promise<boolean> {
  const listed = md5Of(version.etag, store);
  if (listed === null || listed === md5) return false;
  const object = await headObject({ key: version.key, versionId: version.versionId }, store);
  if (object?.isOpaque) withOpaqueEtags.add(store);
  return !object?.isOpaque;
}
