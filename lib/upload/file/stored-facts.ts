import "server-only";
import { originalKey } from "@/lib/storage/keys";
import { compareKeys, type ListedVersion, latestVersions } from "@/lib/storage/objects/list";
import { md5Of, refutesMd5 } from "@/lib/storage/objects/md5";
import { listParts, type StoredPart } from "@/lib/storage/objects/multipart";
import { keysOfFile } from "./keys";
import type { FileRow } from "./rows";

const listingsAtOnce = 8;

export type ListedFile = ListedVersion & { md5: string | null };

export type StoredFacts = {
  /** By path, each with its MD5 where the ETag is one. */
  listed: Map<string, ListedFile>;
  /** By S3's id of the multipart; null for one that no longer exists. */
  parts: Map<string, StoredPart[] | null>;
};

/**
 * Returns what the storage has of registered files, from its listing rather than by one request a file. `md5s` are the MD5s
 * that the client sends now, by path. Throws AppError UNAVAILABLE, INTERNAL.
 */
export async function storedFacts(
  prefix: string,
  rows: FileRow[],
  md5s: ReadonlyMap<string, string | undefined>,
): Promise<StoredFacts> {
  const parts: StoredFacts["parts"] = new Map();
  const open = rows.filter(({ completed_at }) => completed_at === null);
  const next = async (): Promise<void> => {
    for (let row = open.pop(); row; row = open.pop()) {
      const { s3_upload_id: s3UploadId, path } = row;
      if (s3UploadId) parts.set(s3UploadId, await listParts({ key: originalKey(prefix, path), s3UploadId }));
    }
  };
  await Promise.all(Array.from({ length: listingsAtOnce }, next));
  // After the parts, so that a multipart completed in between is found by one of the two.
  const listed = await latestVersions(
    prefix,
    rows.flatMap((row) => keysOfFile(prefix, row)),
  );
  const files = new Map<string, ListedFile>();
  for (const row of rows) {
    // The first in the order of the listing, as at verification.
    const [version] = keysOfFile(prefix, row)
      .flatMap((key) => listed.get(key) ?? [])
      .sort((a, b) => compareKeys(a.key, b.key));
    if (!version) continue;
    const md5 = md5s.get(row.path) ?? row.md5;
    // Called for its side effect: it detects storages whose ETags are not MD5s.
    if (md5) await refutesMd5(version, md5);
    files.set(row.path, { ...version, md5: md5Of(version.etag) });
  }
  return { listed: files, parts };
}
