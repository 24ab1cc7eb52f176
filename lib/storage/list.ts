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
  { client, bucket }: Storage = storage(),
  pageSize = 1000,
): AsyncGenerator<ListedVersion[]> {
  let marker: Marker = {};
  for (;;) {
    const page = await storageCall(() =>
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
function decodeListed(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}
