import "server-only";
import {
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectVersion,
} from "@aws-sdk/client-s3";
import { type Storage, storage } from "./client";
import { storageCall } from "./errors";
import { unquoteEtag } from "./etag";

export type ListedVersion = {
  key: string;
  /** "null" for an object written before versioning was enabled, as S3 names it. */
  versionId: string;
  sizeBytes: number;
  /** Without quotes: the MD5 of the body for a single-part object (not with SSE-KMS), `md5-N` for N parts. */
  etag: string;
  /** False for all versions of a key whose latest version is a delete marker. */
  isLatest: boolean;
  lastModified: Date;
};

/**
 * Every version under a prefix, in pages of at most 1,000 versions, keys in UTF-8 byte order, newest version first.
 * Delete markers are left out, so a page may have fewer. Ends only when the listing is complete; throws AppError UNAVAILABLE
 * when a page fails, and Error when the storage does not get on, so a caller never takes a part for the whole.
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
      throw new Error("the storage's listing does not get on from one page to the next");
    marker = next;
  }
}

/**
 * The latest versions of these keys, by key; keys without an object are left out. They are looked up in the listing: one call
 * per 1,000 neighbours, and one more for every gap, whatever lies between. Throws AppError UNAVAILABLE, INTERNAL.
 */
export async function latestVersions(
  prefix: string,
  keys: Iterable<string>,
  store: Storage = storage(),
  pageSize = 1000,
): Promise<Map<string, ListedVersion>> {
  const found = new Map<string, ListedVersion>();
  for await (const versions of pagesOf({ prefix, keys, isLatestEnough: true }, store, pageSize)) {
    for (const version of versions) if (version.isLatest) found.set(version.key, version);
  }
  return found;
}

/** Every version of these keys, page by page, with as few calls as `latestVersions`. Throws AppError UNAVAILABLE, INTERNAL. */
export async function* versionsOf(
  prefix: string,
  keys: Iterable<string>,
  store: Storage = storage(),
  pageSize = 1000,
): AsyncGenerator<ListedVersion[]> {
  for await (const versions of pagesOf({ prefix, keys, isLatestEnough: false }, store, pageSize)) {
    if (versions.length > 0) yield versions;
  }
}

type Wanted = { prefix: string; keys: Iterable<string>; isLatestEnough: boolean };

async function* pagesOf({ prefix, keys, isLatestEnough }: Wanted, store: Storage, pageSize: number) {
  const asked = new Set(keys);
  const wanted = [...asked].sort(compareKeys);
  let marker: Marker = { KeyMarker: justBefore(wanted[0] ?? "", prefix) };
  for (let next = 0; next < wanted.length; ) {
    const page = await listPage(prefix, marker, pageSize, store);
    yield (page.Versions ?? []).map(listedVersion).filter(({ key }) => asked.has(key));
    if (!page.IsTruncated) return;
    const end = nextMarker(page);
    const endKey = end.KeyMarker ?? "";
    // Of the key it ends with, the newest version came first; older ones may follow.
    const isDone = (key: string) => compareKeys(key, endKey) < (isLatestEnough ? 1 : 0);
    while (next < wanted.length && isDone(wanted[next] ?? "")) next += 1;
    const jump = justBefore(wanted[next] ?? "", prefix);
    if (compareKeys(jump, endKey) > 0) marker = { KeyMarker: jump };
    else marker = isLatestEnough ? { KeyMarker: endKey } : end;
  }
}

/**
 * A key that comes before this one with as little as possible in between: its last character lowered by one and then the last
 * one there is. A listing begins after its marker, and no marker can say "from here on".
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
      // Keys may hold characters XML cannot carry, hence the encoding.
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

function listedVersion(version: ObjectVersion): ListedVersion {
  return {
    key: decodeListed(version.Key ?? ""),
    versionId: version.VersionId ?? "null",
    sizeBytes: version.Size ?? 0,
    etag: unquoteEtag(version.ETag),
    isLatest: version.IsLatest ?? false,
    lastModified: version.LastModified ?? new Date(0),
  };
}

/** The marker is the last key of the page. AWS encodes it as it does the keys; Ceph 16 leaves it as it is. */
function nextMarker(page: ListObjectVersionsCommandOutput): Marker {
  const { NextKeyMarker, NextVersionIdMarker, Versions = [], DeleteMarkers = [] } = page;
  if (NextKeyMarker === undefined) throw new Error("a truncated listing came without the marker of its next page");
  const keys = [...Versions, ...DeleteMarkers].map(({ Key = "" }) => decodeListed(Key));
  const last = keys.reduce((a, b) => (compareKeys(a, b) < 0 ? b : a), "");
  return {
    KeyMarker: NextKeyMarker === last ? last : decodeListed(NextKeyMarker),
    ...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }),
  };
}

/** S3's order: UTF-8 bytes, which beyond the BMP is not JavaScript's. */
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** `encoding-type=url` encodes as a form does: a space may come as +, a plus always as %2B. */
export function decodeListed(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}
