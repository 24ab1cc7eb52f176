import type { Database } from "../store/database";
import { keyOf, objectKey, VERSION_SUFFIX_BYTES, versionRange } from "../store/keys";
import type { BucketRecord } from "../store/records";
import { expiryOf } from "./due";
import { distinctPrefixes, endAll, type Look, type Round } from "./round";
import type { LifecycleRule } from "./rule";
import { pick, RECORDS_AT_ONCE } from "./stretch";

/**
 * Removes delete markers that are all there is of their key: at once for ExpiredObjectDeleteMarker, for other
 * expirations when they are as old as an object would have to be.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html#lifecycle-config-conceptual-ex7
 */
export async function removeMarkers(
  round: Round,
  bucket: BucketRecord,
  rules: readonly LifecycleRule[],
): Promise<void> {
  const { now, tally } = round;
  const { database } = round.store;
  const own = rules.filter(({ expiration }) => expiration !== undefined);
  const look: Look = ({ id }, start, end) =>
    pick(database.versions.getRange({ start, end, limit: RECORDS_AT_ONCE }), (tableKey, record) => {
      if (!record.isDeleteMarker) return undefined;
      const key = keyOf(tableKey, VERSION_SUFFIX_BYTES);
      const fate = expiryOf(own, key, record);
      return fate && fate.at <= now && isAlone(database, id, key) ? { key, record } : undefined;
    });
  for (const prefix of distinctPrefixes(own)) {
    await endAll(round, bucket, prefix, { ending: "delete", look, count: () => tally.deleteMarkersRemoved++ });
  }
}

/** Whether a marker is the only version of its key. */
function isAlone(database: Database, bucketId: number, key: string): boolean {
  if (database.heads.doesExist(objectKey(bucketId, key))) return false;
  return [...database.versions.getKeys({ ...versionRange(bucketId, key), limit: 2 })].length === 1;
}
