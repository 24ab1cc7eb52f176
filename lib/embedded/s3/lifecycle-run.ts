import { abortRules } from "./lifecycle";
import type { Store } from "./store/store";

const DAY_MS = 24 * 3600 * 1000;

/**
 * Carries out what the buckets' lifecycles ask for: multipart uploads begun too long ago are aborted. S3 counts whole
 * days and waits for the midnight (UTC) after.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 * @param now milliseconds
 * @returns how many uploads were aborted
 */
export async function runLifecycle(store: Store, now: number): Promise<number> {
  let aborted = 0;
  for (const bucket of store.buckets.all()) {
    for (const rule of abortRules(bucket.lifecycle)) {
      const due = store.uploads
        .all(bucket, rule.prefix)
        .filter((upload) => now >= midnightAfter(upload.initiatedAt + rule.days * DAY_MS));
      for (const { key, uploadId } of due) {
        if (await store.uploads.abort(bucket, key, uploadId)) aborted++;
      }
    }
  }
  return aborted;
}

function midnightAfter(time: number): number {
  return Math.ceil(time / DAY_MS) * DAY_MS;
}
