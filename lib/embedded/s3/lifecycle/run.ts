import { S3Error } from "../protocol/errors";
import type { Expired } from "../store/expiry";
import type { Announce } from "../store/objects";
import type { BucketRecord } from "../store/records";
import type { Store } from "../store/store";
import { abortUploads } from "./abort";
import { expireObjects } from "./expire";
import { removeMarkers } from "./markers";
import { expireNoncurrent } from "./noncurrent";
import type { LifecycleOutcome, Round } from "./round";
import { rulesOf } from "./rules";

/** Carries out the buckets' lifecycles, one run at a time. */
export class Lifecycles {
  #last: Promise<unknown> = Promise.resolve();
  #isStopping = false;

  /** @param announce told of every version that is deleted and every marker made, in the transaction that does it */
  constructor(
    private readonly store: Store,
    private readonly announce?: Announce<Expired>,
  ) {}

  /**
   * Does what is due at a time; a run that is under way is waited for. Each thing done is durable, so that a run that
   * was cut short is made up for by the next.
   * @throws S3Error InsufficientStorage
   */
  run(at: Date = new Date()): Promise<LifecycleOutcome> {
    const run = this.#last.then(() => this.#run(at.getTime()));
    this.#last = run.catch(() => {}); // told to who asked for it
    return run;
  }

  /** Ends the run that is under way after what it is just doing, and those that wait. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#last;
  }

  async #run(now: number): Promise<LifecycleOutcome> {
    const tally = {
      deleteMarkersMade: 0,
      objectsDeleted: 0,
      noncurrentVersionsDeleted: 0,
      deleteMarkersRemoved: 0,
      uploadsAborted: 0,
    };
    const { store, announce } = this;
    const round: Round = { store, now, tally, announce, isStopping: () => this.#isStopping };
    for (const bucket of store.buckets.all()) {
      if (this.#isStopping) break;
      await carryOut(round, bucket);
    }
    return { ...tally, isComplete: !this.#isStopping };
  }
}

/**
 * Permanent deletions come first: what a run hides by a delete marker, or leaves alone with one, is for the next run to
 * look at as it is then.
 */
async function carryOut(round: Round, bucket: BucketRecord): Promise<void> {
  const rules = rulesOf(bucket);
  if (rules.length === 0) return;
  try {
    await abortUploads(round, bucket, rules);
    await expireNoncurrent(round, bucket, rules);
    await removeMarkers(round, bucket, rules);
    await expireObjects(round, bucket, rules);
  } catch (error) {
    if (!(error instanceof S3Error) || error.code !== "NoSuchBucket") throw error; // else deleted meanwhile
  }
}
