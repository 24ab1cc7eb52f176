import "server-only";
import { pathProblem } from "@/lib/path/policy";
import type { Found } from "@/lib/revision/rows";
import { pathOfKey } from "@/lib/storage/keys";
import type { ListedVersion } from "@/lib/storage/objects/list";
import { md5Of, refutesMd5 } from "@/lib/storage/objects/md5";
import { headObject } from "@/lib/storage/objects/objects";
import { isStorable, visibleText } from "@/lib/text/policy";
import { filePathOf } from "../file/keys";
import type { FileRow } from "../file/rows";
import { sizeProblem } from "../policy";

const headsAtOnce = 8;

export type Rejection = { path: string; sizeBytes: number; reason: string };
export type CheckedPage = {
  found: Found[];
  rejections: Rejection[];
  /** The bytes reserved for each path that was registered. */
  registered: ReadonlyMap<string, bigint>;
};

/**
 * Checks a page of a listing against the rules for files and against the registered files, and leaves out canceled files.
 * `select` returns the registrations of some paths. Throws AppError UNAVAILABLE, INTERNAL (the storage's).
 */
export async function checkListing(
  prefix: string,
  page: ListedVersion[],
  select: (paths: string[]) => Promise<Map<string, FileRow>>,
): Promise<CheckedPage> {
  const latest = page
    .filter(({ isLatest }) => isLatest)
    .map((version) => ({
      ...version,
      sentAs: pathOfKey(prefix, version.key),
      path: filePathOf(prefix, version.key),
    }));
  const rows = await select(latest.map(({ path }) => path).filter(isStorable));
  const expected = latest.filter(({ path }) => !rows.get(path)?.canceled_at);
  const valid = expected.filter(({ path }) => pathProblem(path) === null);
  const checksums = await checksumsOf(valid, rows);
  const found: Found[] = [];
  const rejections: Rejection[] = [];
  for (const version of expected) {
    const { path, sentAs, key, versionId, sizeBytes, etag } = version;
    const row = rows.get(path);
    const crc64nvme = checksums.get(key) ?? null;
    const reason =
      pathProblem(path) ?? sizeProblem(sizeBytes) ?? (row ? await difference(row, version, crc64nvme) : null);
    if (reason) rejections.push({ path: shownPath(sentAs), sizeBytes, reason });
    else
      found.push({
        path,
        sentAs: sentAs === path ? (row?.sent_as ?? null) : sentAs,
        key,
        versionId,
        sizeBytes,
        etag,
        md5: md5Of(etag),
        sha256: row?.sha256 ?? null,
        crc64nvme,
      });
  }
  const registered = new Map([...rows.values()].map((row) => [row.path, row.reserved_bytes]));
  return { found, rejections, registered };
}

/** Returns the reason why a version is not the file that was registered; null when nothing contradicts it. */
async function difference(row: FileRow, version: ListedVersion, crc64nvme: string | null): Promise<string | null> {
  if (row.stale_version === version.versionId) {
    return "The file changed while it was being uploaded, and its new bytes never arrived. Upload it again.";
  }
  const isOther =
    BigInt(version.sizeBytes) !== row.size_bytes ||
    (crc64nvme !== null && row.crc64nvme !== null && crc64nvme !== row.crc64nvme) ||
    (row.md5 !== null && (await refutesMd5(version, row.md5)));
  return isOther ? "The bytes in the storage are not those that were sent. Upload the file again." : null;
}

/**
 * Returns by key the whole-object CRC of objects whose ETag is not a checksum of their bytes, as of those sent in parts. The CRC
 * recorded at completion holds for that object, not for one that was posted over it.
 */
async function checksumsOf(
  versions: (ListedVersion & { path: string })[],
  rows: Map<string, FileRow>,
): Promise<Map<string, string>> {
  const checksums = new Map<string, string>();
  const unknown = versions.filter(({ key, path, etag }) => {
    const recorded = rows.get(path)?.crc64nvme;
    const isInParts = /-\d+$/.test(etag);
    if (recorded && isInParts) checksums.set(key, recorded);
    return isInParts ? !recorded : Boolean(recorded) || md5Of(etag) === null;
  });
  const next = async (): Promise<void> => {
    for (let version = unknown.pop(); version; version = unknown.pop()) {
      const { key, versionId } = version;
      const crc64nvme = (await headObject({ key, versionId }))?.crc64nvme;
      if (crc64nvme) checksums.set(key, crc64nvme);
    }
  };
  await Promise.all(Array.from({ length: headsAtOnce }, next));
  return checksums;
}

/**
 * Makes a path fit to be recorded: control characters would break the log line or the terminal that shows it. What it returns
 * for a refused path is not the path of another file: those have no backslash.
 */
function shownPath(path: string): string {
  return visibleText(path).slice(0, 1_024);
}
