import { randomBytes } from "node:crypto";

/**
 * The prefix one upload may write under: `media/<collectionId>/<uploadId>/`.
 * Throws TypeError when an id could shift the prefix (empty, or with anything but letters, digits, `_` and `-`).
 */
export function uploadPrefix(collectionId: string, uploadId: string): string {
  for (const id of [collectionId, uploadId]) {
    if (!/^[\w-]+$/.test(id)) throw new TypeError("an id in a key is made of letters, digits, _ and - only");
  }
  return `media/${collectionId}/${uploadId}/`;
}

/** The key of an original: the upload's prefix and the media's path, as it is. Paths are checked by lib/upload/policy. */
export function originalKey(prefix: string, path: string): string {
  return prefix + path;
}

/** The path a key stands for. Throws TypeError when the key is not under the prefix: a listing never gives such a key. */
export function pathOfKey(prefix: string, key: string): string {
  if (!key.startsWith(prefix)) throw new TypeError("the key is not under the upload's prefix");
  return key.slice(prefix.length);
}

/** Longer edges of the derived pictures, in pixels. */
export const derivedSizes = [200, 800, 1600] as const;
export type DerivedSize = (typeof derivedSizes)[number];

/** The key of a derived picture: `derived/<id>/<size>.webp`. The id is a secret of its own, never made from the original's key. */
export function derivedKey(derivedId: string, size: DerivedSize): string {
  return `derived/${derivedId}/${size}.webp`;
}

/** 128 random bits in hex: nobody who knows one derived picture or an original can name another. */
export function newDerivedId(): string {
  return randomBytes(16).toString("hex");
}
