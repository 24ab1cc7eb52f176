import type { BucketRecord, ObjectRecord } from "../store/database/records";
import type { Standing } from "../store/versions/scans";
import { dueAfter } from "./dates";
import { expiryOf } from "./due";
import { matches } from "./filter";
import type { LifecycleRule } from "./rule";
import { deleteDue, type LifecycleRun } from "./run";

/**
 * Expires current versions: permanently in buckets without versioning, else by a delete marker, which in a suspended
 * bucket replaces the `null` version. Objects that a delete marker hides already are left alone.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html
 */
export async function expireObjects(
  run: LifecycleRun,
  bucket: BucketRecord,
  rules: readonly LifecycleRule[],
): Promise<void> {
  const { now, counts } = run;
  const own = rules.filter(({ expiration: how }) => how?.kind === "days" || (how?.kind === "date" && how.at <= now));
  await deleteDue(run, bucket, own, { of: "current", isDue: isExpired(own, now) }, ({ deletion }) => {
    counts[deletion.isDeleteMarker ? "deleteMarkersMade" : "objectsDeleted"]++;
  });
}

/**
 * Removes delete markers that are the only version of their key: at once for ExpiredObjectDeleteMarker, for other
 * expirations when they are as old as an object would have to be.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html#lifecycle-config-conceptual-ex7
 */
export async function removeMarkers(
  run: LifecycleRun,
  bucket: BucketRecord,
  rules: readonly LifecycleRule[],
): Promise<void> {
  const own = rules.filter(({ expiration }) => expiration !== undefined);
  await deleteDue(run, bucket, own, { of: "lone markers", isDue: isExpired(own, run.now) }, () => {
    run.counts.deleteMarkersRemoved++;
  });
}

/**
 * Deletes noncurrent versions permanently that were replaced long enough ago, counted from the creation of their
 * successor. A rule can keep a number of the newest ones regardless of age; delete markers do not count among them, so
 * that a rule that keeps a version keeps one with bytes.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#non-current-days-calculations
 */
export async function expireNoncurrent(
  run: LifecycleRun,
  bucket: BucketRecord,
  rules: readonly LifecycleRule[],
): Promise<void> {
  const own = rules.filter(({ noncurrent }) => noncurrent !== undefined);
  const isDue = (key: string, record: ObjectRecord, { successor, newer }: Standing) =>
    successor !== undefined &&
    own.some(
      ({ noncurrent, filter }) =>
        noncurrent !== undefined &&
        newer >= noncurrent.kept &&
        dueAfter(successor.modifiedAt, noncurrent.days) <= run.now &&
        matches(filter, key, record),
    );
  await deleteDue(run, bucket, own, { of: "noncurrent", isDue }, () => {
    run.counts.noncurrentVersionsDeleted++;
  });
}

function isExpired(rules: readonly LifecycleRule[], now: number): (key: string, record: ObjectRecord) => boolean {
  return (key, record) => {
    const due = expiryOf(rules, key, record);
    return due !== undefined && due.at <= now;
  };
}
