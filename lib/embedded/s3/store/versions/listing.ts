import type { Database } from "../database/database";
import { afterPrefix, bucketPrefix, keyOf, objectKey, VERSION_SUFFIX_BYTES } from "../database/keys";
import type { BucketRecord, ObjectRecord } from "../database/records";

export interface ListQuery {
  readonly prefix: string;
  readonly delimiter: string;
  /** Keys up to and including this one are left out. */
  readonly after: string;
  readonly limit: number;
}

export interface Listed<Entry> {
  readonly entries: readonly Entry[];
  readonly commonPrefixes: readonly string[];
  readonly isTruncated: boolean;
  /** The last key or common prefix of the page, after which the next page starts. */
  readonly last: string | undefined;
}

export interface ObjectEntry {
  readonly key: string;
  readonly record: ObjectRecord;
}

/**
 * Collects a page of entries, with the keys below a common prefix folded into that prefix.
 * @param rowsAfter reads entries in key order: from the page's start, or behind all keys of a common prefix. A prefix
 *   is skipped by one seek, however many keys it holds.
 */
export function foldedPage<Entry extends { readonly key: string }>(
  query: Pick<ListQuery, "prefix" | "delimiter" | "limit">,
  rowsAfter: (commonPrefix: string | undefined) => Iterable<Entry>,
): Listed<Entry> {
  const entries: Entry[] = [];
  const commonPrefixes: string[] = [];
  let last: string | undefined;
  if (query.limit === 0) return { entries, commonPrefixes, isTruncated: false, last };
  let common: string | undefined;
  do {
    const rows = rowsAfter(common);
    common = undefined;
    for (const entry of rows) {
      if (entries.length + commonPrefixes.length >= query.limit)
        return { entries, commonPrefixes, isTruncated: true, last };
      common = commonPrefixOf(entry.key, query);
      if (common !== undefined) break;
      entries.push(entry);
      last = entry.key;
    }
    if (common !== undefined) {
      commonPrefixes.push(common);
      last = common;
    }
  } while (common !== undefined);
  return { entries, commonPrefixes, isTruncated: false, last };
}

/** A page of the newest versions, in UTF-8 byte order. */
export function listObjects(database: Database, bucket: BucketRecord, query: ListQuery): Listed<ObjectEntry> {
  const prefix = objectKey(bucket.id, query.prefix);
  const end = afterPrefix(prefix);
  return foldedPage(query, (common) => {
    const start = common === undefined ? firstKey(bucket, query, prefix) : afterPrefix(objectKey(bucket.id, common));
    return database.heads.getRange({ start, end }).map(({ key, value }) => ({ key: keyOf(key), record: value }));
  });
}

export interface VersionEntry extends ObjectEntry {
  readonly isLatest: boolean;
}

/** A page that starts within a key's versions; those not older than `afterOrder` are left out. */
export interface VersionQuery extends ListQuery {
  readonly afterOrder: number | undefined;
}

/** A page of all versions: keys in byte order, the newest version of a key first. */
export function listVersions(database: Database, bucket: BucketRecord, query: VersionQuery): Listed<VersionEntry> {
  return foldedPage(query, (common) =>
    mergedVersions(database, bucket, common === undefined ? query : { ...query, after: common, afterOrder: undefined }),
  );
}

/** Merges `heads` and `versions`; `isLatest` is the first of each key. */
function* mergedVersions(
  database: Database,
  bucket: BucketRecord,
  query: VersionQuery,
): Generator<VersionEntry, void, undefined> {
  const prefix = objectKey(bucket.id, query.prefix);
  const withinKey = query.afterOrder !== undefined;
  const start = withinKey ? largest(objectKey(bucket.id, query.after), prefix) : firstKey(bucket, query, prefix);
  const range = { start, end: afterPrefix(prefix) };
  const heads = database.heads.getRange(range)[Symbol.iterator]();
  const olds = database.versions.getRange(range)[Symbol.iterator]();
  let [head, old] = [heads.next(), olds.next()];
  let previous: string | undefined;
  try {
    while (!head.done || !old.done) {
      const headKey = head.done ? undefined : Buffer.from(head.value.key);
      const oldKey = old.done ? undefined : Buffer.from(old.value.key).subarray(0, -VERSION_SUFFIX_BYTES);
      const takeHead = headKey && (!oldKey || Buffer.compare(headKey, oldKey) <= 0);
      const tableKey = takeHead ? headKey : oldKey;
      const record = takeHead ? head.value?.value : old.value?.value;
      if (!tableKey || !record) return;
      const key = keyOf(tableKey);
      const isSeen = key === query.after && record.order >= (query.afterOrder ?? Number.POSITIVE_INFINITY);
      if (!isSeen) yield { key, record, isLatest: key !== previous };
      previous = key;
      if (takeHead) head = heads.next();
      else old = olds.next();
    }
  } finally {
    heads.return?.();
    olds.return?.();
  }
}

/** The common prefix a key is folded into, if any. */
export function commonPrefixOf(key: string, query: Pick<ListQuery, "prefix" | "delimiter">): string | undefined {
  if (query.delimiter === "") return undefined;
  const at = key.indexOf(query.delimiter, query.prefix.length);
  return at < 0 ? undefined : key.slice(0, at + query.delimiter.length);
}

/** The first table key a page may hold. After a common prefix it lies behind all keys of that prefix. */
export function firstKey(bucket: BucketRecord, query: Omit<ListQuery, "limit">, prefix: Buffer): Buffer {
  if (query.after === "") return prefix;
  const common = query.after.startsWith(query.prefix) ? commonPrefixOf(query.after, query) : undefined;
  const base = objectKey(bucket.id, query.after);
  // 0x01 sorts behind the versions of the key itself (a NUL follows it there) and before every longer key but NUL ones.
  const after = common === query.after ? afterPrefix(base) : Buffer.concat([base, Buffer.from([1])]);
  return largest(after, prefix);
}

function largest(a: Buffer, b: Buffer): Buffer {
  return Buffer.compare(a, b) >= 0 ? a : b;
}

/** Whether a bucket has no version and no delete marker. */
export function isEmpty(database: Database, bucket: BucketRecord): boolean {
  const start = bucketPrefix(bucket.id);
  const range = { start, end: afterPrefix(start), limit: 1 };
  return [...database.heads.getKeys(range)].length === 0 && [...database.versions.getKeys(range)].length === 0;
}
