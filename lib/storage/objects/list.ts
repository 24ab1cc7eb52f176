import "server-only";
import {
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectVersion,
} from "@aws-sdk/client-s3";
import { type Storage, storage } from "../client";
import { storageCall } from "../errors";
import { unquoteEtag } from "./etag";

export type ListedVersion = {
  key: string;
  /** "null" for an object written before versioning was enabled, as S3 names it. */
  versionId: string;
  sizeBytes: number;
  /** Without quotes: the MD5 of a single-part object (not with SSE-KMS), `md5-N` for N parts. */
  etag: string;
  /** False for all versions of a key whose latest version is a delete marker. */
  isLatest: boolean;
  lastModified: Date;
};

/**
 * Lists every version under a prefix, in pages of at most 1,000, keys in UTF-8 byte order, newest version first. Delete
 * markers are left out, so a page may be shorter. Returns only when the listing is complete. Throws AppError UNAVAILABLE
 * when a page fails, and Error when the pages do not advance, so that a caller never acts on an incomplete listing.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */
export async function* listObjectVersions(
  prefix: string,
  store: Storage = storage(),
  pageSize = 1000,
): AsyncGenerator<ListedVersion[]> {
  let marker: Marker = {};
  for (;;) {
    const page = await listPage(prefix, marker, pageSize, store);
    const versions = (page.Versions ?? []).map(listedVersion);
    if (versions.length > 0) yield versions;
    if (!page.IsTruncated) return;
    const next = nextMarker(page);
    const step = compareKeys(next.KeyMarker ?? "", marker.KeyMarker ?? "");
    if (step < 0 || (step === 0 && next.VersionIdMarker === marker.VersionIdMarker))
      throw new Error("the storage's listing does not advance from one page to the next");
    marker = next;
  }
}

/**
 * Returns the latest versions of these keys, by key; keys without an object are left out. Reads them from the listing and
 * skips unwanted ranges: one call per 1,000 adjacent keys and one per gap. Throws AppError UNAVAILABLE, INTERNAL.
 */
export async function latestVersions(
  prefix: string,
  keys: Iterable<string>,
  store: Storage = storage(),
  pageSize = 1000,
): Promise<Map<string, ListedVersion>> {
  const found = new Map<string, ListedVersion>();
  for await (const versions of pagesOf({ prefix, keys, latestOnly: true }, store, pageSize)) {
    for (const version of versions) if (version.isLatest) found.set(version.key, version);
  }
  return found;
}

/** Lists every version of these keys in pages, with as few calls as `latestVersions`. Throws AppError UNAVAILABLE, INTERNAL. */
export async function* versionsOf(
  prefix: string,
  keys: Iterable<string>,
  store: Storage = storage(),
  pageSize = 1000,
): AsyncGenerator<ListedVersion[]> {
  for await (const versions of pagesOf({ prefix, keys, latestOnly: false }, store, pageSize)) {
    if (versions.length > 0) yield versions;
  }
}

type Wanted = { prefix: string; keys: Iterable<string>; latestOnly: boolean };

async function* pagesOf({ prefix, keys, latestOnly }: Wanted, store: Storage, pageSize: number) {
  const keySet = new Set(keys);
  const wanted = [...keySet].sort(compareKeys);
  let marker: Marker = { KeyMarker: justBefore(wanted[0] ?? "", prefix) };
  for (let next = 0; next < wanted.length; ) {
    const page = await listPage(prefix, marker, pageSize, store);
    yield (page.Versions ?? []).map(listedVersion).filter(({ key }) => keySet.has(key));
    if (!page.IsTruncated) return;
    const end = nextMarker(page);
    const endKey = end.KeyMarker ?? "";
    // The page contains the newest version of its last key; older versions may be on the next page.
    const isDone = (key: string) => compareKeys(key, endKey) < (latestOnly ? 1 : 0);
    while (next < wanted.length && isDone(wanted[next] ?? "")) next += 1;
    const jump = justBefore(wanted[next] ?? "", prefix);
    if (compareKeys(jump, endKey) > 0) marker = { KeyMarker: jump };
    else marker = latestOnly ? { KeyMarker: endKey } : end;
  }
}

/**
 * Returns a marker just before a key: its last character decremented, followed by the highest character. A listing starts
 * after its marker, so the key itself cannot be the marker.
 */
function justBefore(key: string, prefix: string): string {
  const last = [...key].at(-1) ?? "";
  const shorter = key.slice(0, key.length - last.length);
  const lowered = (last.codePointAt(0) ?? 0) - 1;
  const isCharacter = lowered >= 0x20 && !(lowered >= 0x7f && lowered < 0xa0) && (lowered < 0xd800 || lowered > 0xdfff);
  if (!isCharacter) return shorter;
  const before = `${shorter}${String.fromCodePoint(lowered)}\u{10fffd}`;
  return before.startsWith(prefix) ? before : shorter;
}

function listPage(prefix: string, marker: Marker, pageSize: number, { client, bucket }: Storage) {
  return storageCall(() =>
    client.send(
      // URL-encoded, because keys may contain characters that XML cannot represent.
      new ListObjectVersionsCommand({
        Bucket: bucket,
        Prefix: prefix,
        MaxKeys: pageSize,
        EncodingType: "url",
        ...marker,
      }),
    ),
  );
}

type Marker = { KeyMarker?: string; VersionIdMarker?: string };

/** Reads one version of a listing with `encoding-type=url`. */
export function listedVersion(version: ObjectVersion): ListedVersion {
  return {
    key: decodeListed(version.Key ?? ""),
    versionId: version.VersionId ?? "null",
    sizeBytes: version.Size ?? 0,
    etag: unquoteEtag(version.ETag),
    isLatest: version.IsLatest ?? false,
    lastModified: version.LastModified ?? new Date(0),
  };
}

/** Returns the marker of the next page, which is the last key of this one. AWS URL-encodes it like the keys; Ceph 16 does not. */
function nextMarker(page: ListObjectVersionsCommandOutput): Marker {
  const { NextKeyMarker, NextVersionIdMarker, Versions = [], DeleteMarkers = [] } = page;
  if (NextKeyMarker === undefined) throw new Error("a truncated listing has no marker for its next page");
  const keys = [...Versions, ...DeleteMarkers].map(({ Key = "" }) => decodeListed(Key));
  const last = keys.reduce((a, b) => (compareKeys(a, b) < 0 ? b : a), "");
  return {
    KeyMarker: NextKeyMarker === last ? last : decodeListed(NextKeyMarker),
    ...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }),
  };
}

/** Compares keys by their UTF-8 bytes, as S3 does. JavaScript's string order differs beyond the BMP. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Decodes a key of a listing with `encoding-type=url`, which is form encoding: a space may be +, a plus is %2B. */
export function decodeListed(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}
