import { setImmediate } from "node:timers/promises";
import type { BucketRecord } from "../store/records";
import type { UploadPage, UploadQuery } from "../store/uploads";
import { abortOf } from "./due";
import { distinctPrefixes, type Round } from "./round";
import type { LifecycleRule } from "./rule";

const UPLOADS_AT_ONCE = 100;

/**
 * Aborts multipart uploads that were begun too long ago.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html
 */
export async function abortUploads(round: Round, bucket: BucketRecord, rules: readonly LifecycleRule[]): Promise<void> {
  const own = rules.filter(({ abortDays }) => abortDays !== undefined);
  for (const prefix of distinctPrefixes(own)) {
    let query: UploadQuery = { prefix, delimiter: "", after: "", afterId: undefined, limit: UPLOADS_AT_ONCE };
    for (let isTruncated = true; isTruncated && !round.isStopping(); await setImmediate()) {
      const page = round.store.uploads.list(bucket, query);
      await abortDue(round, bucket, own, page);
      query = { ...query, after: page.last?.key ?? "", afterId: page.last?.uploadId };
      isTruncated = page.isTruncated;
    }
  }
}

/** One after the other: each may have 10,000 parts. */
async function abortDue(
  { store, now, tally, isStopping }: Round,
  bucket: BucketRecord,
  rules: readonly LifecycleRule[],
  page: UploadPage,
): Promise<void> {
  for (const { key, uploadId, initiatedAt } of page.uploads) {
    if (isStopping()) return;
    const fate = abortOf(rules, key, initiatedAt);
    if (fate && fate.at <= now && (await store.uploads.abort(bucket, key, uploadId))) tally.uploadsAborted++;
  }
}
