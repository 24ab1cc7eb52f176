import { randomBytes } from "node:crypto";

/** The file that names the bucket's owner (lib/owner). */
export const ownerKey = "atoll/owner.json";

/** The prefix of all originals. */
export const originalsPrefix = "media/";

/**
 * Returns the prefix an upload may write under: `media/<collectionId>/<uploadId>/`.
 * Throws TypeError for an id that is empty or has characters other than letters, digits, `_` and `-`.
 */
export function uploadPrefix(collectionId: string, uploadId: string): string {
  for (const id of [collectionId, uploadId]) {
    if (!/^[\w-]+$/.test(id)) throw new TypeError("an id in a key is made of letters, digits, _ and - only");
  }
  return `${originalsPrefix}${collectionId}/${uploadId}/`;
}

/** Returns the key of an original: the upload's prefix followed by the path. lib/upload/policy validates paths. */
export function originalKey(prefix: string, path: string): string {
  return prefix + path;
}

/** Returns the path of an original's key. Throws TypeError when the key is not under the prefix. */
export function pathOfKey(prefix: string, key: string): string {
  if (!key.startsWith(prefix)) throw new TypeError("the key is not under the upload's prefix");
  return key.slice(prefix.length);
}

/** The longer side of each derived picture, in pixels. */
export const derivedSizes = [200, 800, 1600] as const;
export type DerivedSize = (typeof derivedSizes)[number];

/** Returns the prefix of the derivatives of one revision: `derived/<id>/`. The id is random, never derived from the original's key. */
export function derivedPrefix(derivedId: string): string {
  return `derived/${derivedId}/`;
}

/** Returns the key of a derived picture: `derived/<id>/<size>.webp`. */
export function derivedKey(derivedId: string, size: DerivedSize): string {
  return `${derivedPrefix(derivedId)}${size}.webp`;
}

/** Returns 128 random bits in hex, so that the key of a derived picture cannot be guessed from another key. */
export function newDerivedId(): string {
  return randomBytes(16).toString("hex");
}
