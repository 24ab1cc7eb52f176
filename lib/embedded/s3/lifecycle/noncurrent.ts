import type { Database } from "../store/database";
import { keyOf, objectKey, VERSION_SUFFIX_BYTES, versionKey, versionRange } from "../store/keys";
import type { BucketRecord, ObjectRecord } from "../store/records";
import { dueAfter } from "./dates";
import { matches } from "./filter";
import { distinctPrefixes, endAll, type Look, type Round } from "./round";
import type { LifecycleRule } from "./rule";
import { pick, RECORDS_AT_ONCE } from "./stretch";

/** Versions looked at, beyond one, to count those that are newer than it: markers may lie between them. */
const MAX_NEWER = 1000;

/** Where a version stands in the history of its key. */
interface Standing {
  readonly key: string;
  /** The version that took its place; the current one has none. */
  readonly successor: ObjectRecord | undefined;
  /** Replaced versions that are newer than it, delete markers not counted. */
  readonly newer: number;
}

/**
 * Deletes versions for good that were replaced long enough ago: since their successor was made. Those that a rule keeps
 * whatever their age are the newest replaced ones; delete markers do not count among them, so that a rule that keeps a
 * version keeps one with bytes.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#non-current-days-calculations
 */
export async function expireNoncurrent(
  round: Round,
  bucket: BucketRecord,
  rules: readonly LifecycleRule[],
): Promise<void> {
  const { now, tally } = round;
  const { database } = round.store;
  const own = rules.filter(({ noncurrent }) => noncurrent !== undefined);
  const look: Look = ({ id }, start, end) => {
    let standing: Standing | undefined;
    let previous: ObjectRecord | undefined;
    return pick(database.versions.getRange({ start, end, limit: RECORDS_AT_ONCE }), (tableKey, record) => {
      const key = keyOf(tableKey, VERSION_SUFFIX_BYTES);
      if (!previous || !standing) standing = standingOf(database, id, key, record);
      else standing = standing.key === key ? below(standing, previous) : newestOf(database, id, key);
      previous = record;
      return isDue(own, standing, record, now) ? { key, record } : undefined;
    });
  };
  for (const prefix of distinctPrefixes(own)) {
    await endAll(round, bucket, prefix, { ending: "delete", look, count: () => tally.noncurrentVersionsDeleted++ });
  }
}

function isDue(
  rules: readonly LifecycleRule[],
  { key, successor, newer }: Standing,
  record: ObjectRecord,
  now: number,
): boolean {
  if (!successor) return false;
  return rules.some(
    ({ noncurrent, filter }) =>
      noncurrent !== undefined &&
      newer >= noncurrent.kept &&
      dueAfter(successor.modifiedAt, noncurrent.days) <= now &&
      matches(filter, key, record),
  );
}

/** Of the newest entry that a key has in `versions`: without a head it is the current version, a delete marker. */
function newestOf(database: Database, bucketId: number, key: string): Standing {
  return { key, successor: database.heads.get(objectKey(bucketId, key)), newer: 0 };
}

/** Of the version right below another. */
function below({ key, successor, newer }: Standing, above: ObjectRecord): Standing {
  return { key, successor: above, newer: newer + (successor && !above.isDeleteMarker ? 1 : 0) };
}

/** Of any version: where a stretch begins in the middle of a key. */
function standingOf(database: Database, bucketId: number, key: string, record: ObjectRecord): Standing {
  const range = {
    start: versionKey(bucketId, key, record.order),
    end: versionRange(bucketId, key).start,
    reverse: true,
    limit: MAX_NEWER + 1,
  };
  const above = [...database.versions.getRange(range)].map(({ value }) => value).slice(1); // the first is itself
  const [successor] = above;
  // The newest of all, where it is current, is a delete marker and so is not counted.
  return successor
    ? { key, successor, newer: above.filter((one) => !one.isDeleteMarker).length }
    : newestOf(database, bucketId, key);
}
