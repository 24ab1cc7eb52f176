import { S3Error } from "../protocol/errors";
import type { BucketRecord } from "../store/database/records";
import type { Expired } from "../store/expiry";
import type { Store } from "../store/store";
import type { Publish } from "../store/versions/version-writer";
import { abortUploads } from "./abort";
import { expireNoncurrent, expireObjects, removeMarkers } from "./expirations";
import type { LifecycleOutcome } from "./outcome";
import { rulesOf } from "./rules";
import type { LifecycleRun } from "./run";

/** Runs the buckets' lifecycles, one run at a time. */
export class Lifecycles {
  #last: Promise<unknown> = Promise.resolve();
  #isStopping = false;

  /** @param publish called for every version deleted and every marker made, in the transaction that does it */
  constructor(
    private readonly store: Store,
    private readonly publish?: Publish<Expired>,
  ) {}

  /**
   * Does what is due at a time, after the run that is in progress. Each deletion is durable, so that the next run
   * completes one that was interrupted.
   * @throws S3Error InsufficientStorage
   */
  run(at: Date = new Date()): Promise<LifecycleOutcome> {
    const run = this.#last.then(() => this.#run(at.getTime()));
    this.#last = run.catch(() => {}); // reported to the caller of `run`
    return run;
  }

  /** Stops the run in progress after its current batch, and cancels those that wait. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#last;
  }

  async #run(now: number): Promise<LifecycleOutcome> {
    const counts = {
      deleteMarkersMade: 0,
      objectsDeleted: 0,
      noncurrentVersionsDeleted: 0,
      deleteMarkersRemoved: 0,
      uploadsAborted: 0,
    };
    const { store, publish } = this;
    const run: LifecycleRun = { store, now, counts, publish, isStopping: () => this.#isStopping };
    for (const bucket of store.buckets.all()) {
      if (this.#isStopping) break;
      await applyRules(run, bucket);
    }
    return { ...counts, isComplete: !this.#isStopping };
  }
}

/**
 * Permanent deletions come first, so that the next run sees the result of what this one hides by a delete marker.
 */
async function applyRules(run: LifecycleRun, bucket: BucketRecord): Promise<void> {
  const rules = rulesOf(bucket);
  if (rules.length === 0) return;
  try {
    await abortUploads(run, bucket, rules);
    await expireNoncurrent(run, bucket, rules);
    await removeMarkers(run, bucket, rules);
    await expireObjects(run, bucket, rules);
  } catch (error) {
    if (!(error instanceof S3Error) || error.code !== "NoSuchBucket") throw error; // deleted meanwhile
  }
}
