import type { BucketRecord } from "../store/database/records";
import type { Expired } from "../store/expiry";
import type { Store } from "../store/store";
import type { Selection } from "../store/versions/scans";
import type { Publish } from "../store/versions/version-writer";
import type { LifecycleOutcome } from "./outcome";
import type { LifecycleRule } from "./rule";

/** One run over the buckets. */
export interface LifecycleRun {
  readonly store: Store;
  /** Milliseconds: what is due at this time is done. */
  readonly now: number;
  readonly counts: { -readonly [Count in keyof Omit<LifecycleOutcome, "isComplete">]: number };
  readonly isStopping: () => boolean;
  readonly publish: Publish<Expired> | undefined;
}

/** Deletes what rules make due, until the run is stopped. @param count is called with each version deleted */
export async function deleteDue(
  { store, isStopping, publish }: LifecycleRun,
  bucket: BucketRecord,
  rules: readonly LifecycleRule[],
  selection: Selection,
  count: (expired: Expired) => void,
): Promise<void> {
  for (const prefix of distinctPrefixes(rules)) {
    if (isStopping()) return;
    for await (const batch of store.expiry.deleteDue(bucket, prefix, selection, publish)) {
      batch.forEach(count);
      if (isStopping()) return;
    }
  }
}

/** The prefixes of rules without those that begin with another one: they cover the same keys, each key once. */
export function distinctPrefixes(rules: readonly LifecycleRule[]): string[] {
  const kept: string[] = [];
  for (const prefix of rules.map(({ filter }) => filter.prefix).sort()) {
    const last = kept.at(-1);
    if (last === undefined || !prefix.startsWith(last)) kept.push(prefix);
  }
  return kept;
}
