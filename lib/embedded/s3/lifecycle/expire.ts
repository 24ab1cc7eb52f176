import { keyOf } from "../store/keys";
import type { BucketRecord } from "../store/records";
import { expiryOf } from "./due";
import { distinctPrefixes, endAll, type Look, type Round } from "./round";
import type { LifecycleRule } from "./rule";
import { pick, RECORDS_AT_ONCE } from "./stretch";

/**
 * Expires current versions: for good in buckets without versions, else by a delete marker, which in a suspended bucket
 * takes the place of the `null` version. What a delete marker hides already is left alone.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html
 */
export async function expireObjects(
  round: Round,
  bucket: BucketRecord,
  rules: readonly LifecycleRule[],
): Promise<void> {
  const { now, store, tally } = round;
  const own = rules.filter(({ expiration: how }) => how?.kind === "days" || (how?.kind === "date" && how.at <= now));
  const look: Look = (_bucket, start, end) =>
    pick(store.database.heads.getRange({ start, end, limit: RECORDS_AT_ONCE }), (tableKey, record) => {
      const key = keyOf(tableKey);
      const fate = expiryOf(own, key, record);
      return fate && fate.at <= now ? { key, record } : undefined;
    });
  for (const prefix of distinctPrefixes(own)) {
    await endAll(round, bucket, prefix, {
      ending: "expire",
      look,
      count: ({ deletion }) => tally[deletion.isDeleteMarker ? "deleteMarkersMade" : "objectsDeleted"]++,
    });
  }
}
