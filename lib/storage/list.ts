import "server-only";
import { ListObjectVersionsCommand } from "@aws-sdk/client-s3";
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
 * Delete markers are left out. Ends only when the listing is complete; throws AppError UNAVAILABLE when a page fails,
 * so a caller never takes a part for the whole.
 */
export async function* listObjectVersions(
  prefix: string,
  { client, bucket }: Storage = storage(),
): AsyncGenerator<ListedVersion[]> {
  let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await storageCall(() =>
      client.send(
        new ListObjectVersionsCommand({
          Bucket: bucket,
          Prefix: prefix,
          // Keys may hold characters XML cannot carry.
          EncodingType: "url",
          ...(marker.KeyMarker === undefined ? {} : { KeyMarker: marker.KeyMarker }),
          ...(marker.VersionIdMarker === undefined ? {} : { VersionIdMarker: marker.VersionIdMarker }),
        }),
      ),
    );
    const decode = page.EncodingType === "url" ? decodeListedKey : (key: string) => key;
    const versions = (page.Versions ?? []).map((version) => ({
      key: decode(version.Key ?? ""),
      versionId: version.VersionId ?? "null",
      sizeBytes: version.Size ?? 0,
      etag: unquoteEtag(version.ETag),
      isLatest: version.IsLatest ?? false,
      lastModified: version.LastModified ?? new Date(0),
    }));
    if (versions.length > 0) yield versions;
    if (!page.IsTruncated) return;
    if (page.NextKeyMarker === undefined)
      throw new Error("a truncated listing came without the marker of its next page");
    marker = { KeyMarker: decode(page.NextKeyMarker), VersionIdMarker: page.NextVersionIdMarker };
  }
}

/** `encoding-type=url` encodes as a form does: a space may come as +, a plus always as %2B. */
function decodeListedKey(key: string): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}
