import "server-only";
import { ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { type Storage, storage } from "../client";
import { storageCall } from "../errors";
import { compareKeys, decodeListed, type ListedVersion, listedVersion } from "./list";

/** What lies directly under a prefix: folders, which end with a slash, and versions of keys without another slash. */
export type FolderPage = {
  folders: string[];
  versions: ListedVersion[];
  /** The last folder or key of the page. */
  last: string;
};

/** Higher than any character of a key that follows a folder's name. */
const highest = "\u{10fffd}";

/**
 * Lists the folders under a prefix, in pages of at most 1,000, in UTF-8 byte order: a folder is one entry, however many versions
 * it holds. Starts after the folder or key `after`. Throws AppError UNAVAILABLE when a page fails, and Error when the pages do
 * not advance. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 */
export async function* listFolders(
  prefix: string,
  after = "",
  { client, bucket }: Storage = storage(),
  pageSize = 1_000,
): AsyncGenerator<FolderPage> {
  const first = markerAfter(after, prefix);
  let marker = first;
  for (;;) {
    const answer = await storageCall(() =>
      client.send(
        new ListObjectVersionsCommand({
          Bucket: bucket,
          Prefix: prefix,
          Delimiter: "/",
          MaxKeys: pageSize,
          EncodingType: "url",
          ...marker,
        }),
      ),
    );
    const folders = (answer.CommonPrefixes ?? []).map(({ Prefix = "" }) => decodeListed(Prefix));
    const listed = (answer.Versions ?? []).map(listedVersion);
    const markers = (answer.DeleteMarkers ?? []).map(({ Key = "" }) => decodeListed(Key));
    const keys = [...folders, ...markers, ...listed.map(({ key }) => key)];
    // Ceph lists the versions of the first marker's key, too.
    const versions = listed.filter(({ key }) => compareKeys(key, first.KeyMarker) > 0);
    const last = keys.reduce((a, b) => (compareKeys(a, b) < 0 ? b : a), "");
    if (last !== "") yield { folders, versions, last };
    if (!answer.IsTruncated) return;
    // Computed, not the answer's: whether the last folder is skipped by NextKeyMarker differs between servers.
    const isFolder = folders.includes(last);
    const next = isFolder
      ? markerAfter(last, prefix)
      : { KeyMarker: last, VersionIdMarker: answer.NextVersionIdMarker };
    if (compareKeys(next.KeyMarker, marker.KeyMarker) < 0 || JSON.stringify(next) === JSON.stringify(marker))
      throw new Error("the storage's listing of folders does not advance from one page to the next");
    marker = next;
  }
}

type Marker = { KeyMarker: string; VersionIdMarker?: string | undefined };

function markerAfter(name: string, prefix: string): Marker {
  return { KeyMarker: name.endsWith("/") && name !== prefix ? name + highest : name };
}
