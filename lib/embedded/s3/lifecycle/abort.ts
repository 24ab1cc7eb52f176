import { setImmediate } from "node:timers/promises";
import type { BucketRecord } from "../store/database/records";
import type { UploadPage, UploadQuery } from "../store/uploads";
import { abortOf } from "./due";
import type { LifecycleRule } from "./rule";
import { distinctPrefixes, type LifecycleRun } from "./run";

const BATCH_UPLOADS = 100;

/**
 * Aborts multipart uploads that were begun too long ago.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html
 */
export async function abortUploads(
  run: LifecycleRun,
  bucket: BucketRecord,
  rules: readonly LifecycleRule[],
): Promise<void> {
  const own = rules.filter(({ abortDays }) => abortDays !== undefined);
  for (const prefix of distinctPrefixes(own)) {
    let query: UploadQuery = { prefix, delimiter: "", after: "", afterId: undefined, limit: BATCH_UPLOADS };
    for (let isTruncated = true; isTruncated && !run.isStopping(); await setImmediate()) {
      const page = run.store.uploads.list(bucket, query);
      await abortDue(run, bucket, own, page);
      query = { ...query, after: page.last?.key ?? "", afterId: page.last?.uploadId };
      isTruncated = page.isTruncated;
    }
  }
}

/** Aborts one upload after the other: each may have 10,000 parts. */
async function abortDue(
  { store, now, counts, isStopping }: LifecycleRun,
  bucket: BucketRecord,
  rules: readonly LifecycleRule[],
  page: UploadPage,
): Promise<void> {
  for (const { key, uploadId, initiatedAt } of page.uploads) {
    if (isStopping()) return;
    const due = abortOf(rules, key, initiatedAt);
    if (due && due.at <= now && (await store.uploads.abort(bucket, key, uploadId))) counts.uploadsAborted++;
  }
}
