import { setImmediate } from "node:timers/promises";
import type { Ending, Expired, Stretch } from "../store/expiry";
import { afterPrefix, objectKey } from "../store/keys";
import type { Announce } from "../store/objects";
import type { BucketRecord } from "../store/records";
import type { Store } from "../store/store";
import type { LifecycleRule } from "./rule";

/** What a run over the lifecycles did. */
export interface LifecycleOutcome {
  /** Current versions that a delete marker hides now. */
  readonly deleteMarkersMade: number;
  /** Objects deleted for good where nothing is versioned. */
  readonly objectsDeleted: number;
  /** Replaced versions deleted for good, delete markers among them. */
  readonly noncurrentVersionsDeleted: number;
  /** Delete markers that hid nothing any more. */
  readonly deleteMarkersRemoved: number;
  readonly uploadsAborted: number;
  /** `false` when the store was stopped before the end. */
  readonly isComplete: boolean;
}

/** One run over the buckets. */
export interface Round {
  readonly store: Store;
  /** Milliseconds: what is due at this time is done. */
  readonly now: number;
  readonly tally: { -readonly [Count in keyof Omit<LifecycleOutcome, "isComplete">]: number };
  readonly isStopping: () => boolean;
  readonly announce: Announce<Expired> | undefined;
}

/** Looks at some records of a table from one key up to another. */
export type Look = (bucket: BucketRecord, start: Buffer, end: Buffer) => Stretch;

/**
 * Ends what a look finds below a prefix, a stretch at a time, with other work done in between. It goes no further when
 * the bucket's rules are no longer those it began with: the next run follows the new ones.
 * @param count is told of what was done
 */
export async function endAll(
  round: Round,
  bucket: BucketRecord,
  prefix: string,
  { ending, look, count }: { ending: Ending; look: Look; count: (one: Expired) => void },
): Promise<void> {
  const first = objectKey(bucket.id, prefix);
  const end = afterPrefix(first);
  for (let start: Buffer | undefined = first; start && !round.isStopping(); await setImmediate()) {
    const from: Buffer = start;
    const seen = look(bucket, from, end);
    start = seen.next;
    if (seen.due.length === 0) continue;
    const again = (current: BucketRecord) =>
      current.lifecycle === bucket.lifecycle ? look(current, from, end) : { due: [], next: undefined };
    const { expired, next } = await round.store.expiry.carryOut(bucket, ending, again, round.announce);
    expired.forEach(count);
    start = next;
  }
}

/** The prefixes of rules without those that begin with another one: together they are about the same keys, each once. */
export function distinctPrefixes(rules: readonly LifecycleRule[]): string[] {
  const kept: string[] = [];
  for (const prefix of rules.map(({ filter }) => filter.prefix).sort()) {
    const last = kept.at(-1);
    if (last === undefined || !prefix.startsWith(last)) kept.push(prefix);
  }
  return kept;
}
