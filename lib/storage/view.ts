import "server-only";
import { type Storage, storage } from "./client";
import { servingOf } from "./content-disposition";
import { presign, type SigningIdentity } from "./sign";

export const viewWindowSeconds = 15 * 60;
/** What is left of a URL's life at the very end of its window. */
export const viewGuaranteedSeconds = 30 * 60;

const expiresInSeconds = viewWindowSeconds + viewGuaranteedSeconds;
// The URL names one version (or a derived picture, written once), so its bytes never change. As long as the URL lives.
const cacheControl = `private, max-age=${expiresInSeconds}, immutable`;

export type ViewObject = {
  key: string;
  versionId?: string | undefined;
  /** What the bytes were found to be; absent or anything but a plain image makes the URL a download. */
  contentType?: string | undefined;
  /** A file name: the URL becomes a download under it. */
  downloadAs?: string | undefined;
};

/**
 * The window a key's URL is signed for: the same key gives the same dates for 15 minutes, so the same URL, so the browser's
 * cache works; the URL is valid for at least 30 minutes after any moment of its window. Windows of different keys begin at
 * different seconds, by a hash of the key, so that a gallery's URLs do not all change at once. `signedAt` is never in the future.
 */
export function viewWindow(key: string, now: Date): { signedAt: Date; expiresInSeconds: number } {
  const offset = keyHash(key) % viewWindowSeconds;
  const second = Math.floor(now.getTime() / 1000);
  const start = Math.floor((second - offset) / viewWindowSeconds) * viewWindowSeconds + offset;
  return { signedAt: new Date(start * 1000), expiresInSeconds };
}

/**
 * One view URL. The content type, the disposition (`servingOf`) and the caching are inside the signature: what the uploader
 * stored as the type does not matter, and only plain images can be rendered by a browser.
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

/** Signs one object of a page. Pure and synchronous. */
export type ViewSigner = (object: ViewObject) => string;

/**
 * The signer of a page: resolves the credentials once, then signs synchronously and without I/O, 100,000 URLs a second.
 * Throws AppError UNAVAILABLE, INTERNAL when there are no credentials.
 */
export async function viewSigner(store: Storage = storage()): Promise<ViewSigner> {
  const identity = await store.signingIdentity();
  const now = new Date();
  return (object) => presignView(identity, object, now);
}

/** FNV-1a, 32 bits: spreads the keys, nothing more is asked of it. */
function keyHash(key: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) value = Math.imul(value ^ key.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
