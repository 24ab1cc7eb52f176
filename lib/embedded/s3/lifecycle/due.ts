import type { ObjectRecord } from "../store/database/records";
import { dueAfter } from "./dates";
import { matches } from "./filter";
import type { Expiration, LifecycleRule } from "./rule";

/** When a rule takes effect. */
export interface Due {
  /** Milliseconds. */
  readonly at: number;
  readonly rule: LifecycleRule;
}

/**
 * When the current version of a key expires; for a delete marker, when it may be removed if it is the only version. Of
 * several rules the earliest counts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
 */
export function expiryOf(rules: readonly LifecycleRule[], key: string, record: ObjectRecord): Due | undefined {
  return earliest(rules, (rule) =>
    rule.expiration && matches(rule.filter, key, record) ? expiresAt(rule.expiration, record) : undefined,
  );
}

/** After a date has passed everything expires, however new: …/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-date */
function expiresAt(expiration: Expiration, record: ObjectRecord): number | undefined {
  if (expiration.kind === "days") return dueAfter(record.modifiedAt, expiration.days);
  if (expiration.kind === "date") return expiration.at;
  return record.isDeleteMarker ? record.modifiedAt : undefined;
}

/** When a multipart upload that is not completed is aborted. */
export function abortOf(rules: readonly LifecycleRule[], key: string, initiatedAt: number): Due | undefined {
  return earliest(rules, ({ abortDays, filter }) =>
    abortDays !== undefined && key.startsWith(filter.prefix) ? dueAfter(initiatedAt, abortDays) : undefined,
  );
}

function earliest(rules: readonly LifecycleRule[], when: (rule: LifecycleRule) => number | undefined): Due | undefined {
  let first: Due | undefined;
  for (const rule of rules) {
    const at = when(rule);
    if (at !== undefined && (first === undefined || at < first.at)) first = { at, rule };
  }
  return first;
}
