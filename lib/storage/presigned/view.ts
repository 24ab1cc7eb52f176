import "server-only";
import { type Storage, storage } from "../client";
import { presign, type SigningIdentity } from "../sign";
import { servingOf } from "./content-disposition";

export const viewWindowSeconds = 15 * 60;
/** How long a URL stays valid after the end of its window. */
export const viewGuaranteedSeconds = 30 * 60;

const expiresInSeconds = viewWindowSeconds + viewGuaranteedSeconds;
// `immutable`: the URL names one version, or a derived picture that is written once. Cached as long as the URL is valid.
const cacheControl = `private, max-age=${expiresInSeconds}, immutable`;

export type ViewObject = {
  key: string;
  versionId?: string | undefined;
  /** The type detected in the bytes. Absent, or anything but a plain image: the URL is a download. */
  contentType?: string | undefined;
  /** File name that makes the URL a download. */
  downloadAs?: string | undefined;
};

/**
 * Returns the window a key's URL is signed for. A key has the same dates for 15 minutes, so the same URL, which browsers can
 * cache. The URL stays valid for at least 30 minutes after the end of its window. Windows are offset by a hash of the key, so
 * that the URLs of a gallery do not all change at once. `signedAt` is never in the future.
 */
export function viewWindow(key: string, now: Date): { signedAt: Date; expiresInSeconds: number } {
  const offset = keyHash(key) % viewWindowSeconds;
  const second = Math.floor(now.getTime() / 1000);
  const start = Math.floor((second - offset) / viewWindowSeconds) * viewWindowSeconds + offset;
  return { signedAt: new Date(start * 1000), expiresInSeconds };
}

/**
 * Returns a view URL. Content type, disposition (`servingOf`) and caching are signed, so that the uploader's content type has
 * no effect and browsers render plain images only. Throws as `presign`.
 */
export function presignView(identity: SigningIdentity, object: ViewObject, now: Date): string {
  const { key, versionId, contentType, downloadAs } = object;
  return presign(identity, {
    method: "GET",
    key,
    versionId,
    ...viewWindow(key, now),
    responseCacheControl: cacheControl,
    ...servingOf(contentType, downloadAs),
  });
}

/** Returns when the view URL of a key that is signed now expires. Temporary credentials of the site may end it earlier. */
export function viewExpiry(key: string, now = new Date()): Date {
  const { signedAt, expiresInSeconds: seconds } = viewWindow(key, now);
  return new Date(signedAt.getTime() + seconds * 1_000);
}

/** Returns the view URL of an object. Synchronous, without I/O. */
export type ViewSigner = (object: ViewObject) => string;

/**
 * Returns the signer of a page: resolves the credentials once, then signs synchronously, about 100,000 URLs per second.
 * Throws the SDK's error when there are no credentials.
 */
export async function viewSigner(store: Storage = storage()): Promise<ViewSigner> {
  const identity = await store.signingIdentity();
  const now = new Date();
  return (object) => presignView(identity, object, now);
}

/** Returns the FNV-1a hash (32 bits) of a key. It only has to spread the keys. */
function keyHash(key: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) value = Math.imul(value ^ key.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
