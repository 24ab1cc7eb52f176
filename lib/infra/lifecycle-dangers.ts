import type { BucketLifecycleRule } from "@/lib/storage/bucket-settings";

/** All that Atoll keeps in its bucket. */
const keptPrefixes = ["media/", "derived/", "receipts/", "atoll/"];
/** Storage classes whose objects cannot be read before they are restored, which takes hours. */
const unreadableClasses: ReadonlySet<string> = new Set(["GLACIER", "DEEP_ARCHIVE"]);

/**
 * Returns a sentence for each rule of others that would delete what Atoll keeps, or make it unreadable. `leastDays`: how long
 * parts of an upload may have to wait. A rule for tagged objects does not match: Atoll tags none.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
export function lifecycleDangers(others: readonly BucketLifecycleRule[], leastDays: number): string[] {
  return others.flatMap((rule, index) => {
    const prefix = rule.Filter?.And?.Prefix ?? rule.Filter?.Prefix ?? rule.Prefix ?? "";
    const tagged = rule.Filter?.Tag !== undefined || (rule.Filter?.And?.Tags ?? []).length > 0;
    const reached = keptPrefixes.filter((kept) => kept.startsWith(prefix) || prefix.startsWith(kept));
    if (rule.Status !== "Enabled" || tagged || reached.length === 0) return [];
    const effects = effectsOf(rule, leastDays);
    if (effects.length === 0) return [];
    const name = rule.ID ? `"${rule.ID}"` : `number ${index + 1}, without an ID,`;
    const where = prefix === "" ? "the whole bucket" : `"${prefix}"`;
    return [
      `The lifecycle rule ${name} of ${where} is not Atoll's and ${effects.join(" and ")}. Files would be lost: remove the rule, or limit it to a prefix that Atoll does not use.`,
    ];
  });
}

function effectsOf(rule: BucketLifecycleRule, leastDays: number): string[] {
  const { Expiration, NoncurrentVersionExpiration, AbortIncompleteMultipartUpload: abort } = rule;
  // ExpiredObjectDeleteMarker alone removes markers without versions, which harms nothing.
  const expires = Expiration?.Days !== undefined || Expiration?.Date !== undefined;
  const when =
    Expiration?.Days === undefined
      ? `on ${Expiration?.Date?.toISOString().slice(0, 10)}`
      : `after ${days(Expiration.Days)}`;
  const noncurrent = NoncurrentVersionExpiration?.NoncurrentDays;
  const classes = [...(rule.Transitions ?? []), ...(rule.NoncurrentVersionTransitions ?? [])]
    .map(({ StorageClass }) => StorageClass ?? "")
    .filter((name) => unreadableClasses.has(name));
  const abortDays = abort?.DaysAfterInitiation;
  return [
    ...(expires ? [`expires files ${when}`] : []),
    ...(noncurrent === undefined ? [] : [`deletes replaced versions after ${days(noncurrent)}`]),
    ...(classes.length > 0 ? [`moves files to ${[...new Set(classes)].join(", ")}, where they cannot be shown`] : []),
    ...(abortDays !== undefined && abortDays < leastDays
      ? [`ends uploads of large files after ${days(abortDays)}`]
      : []),
  ];
}

function days(count: number): string {
  return count === 1 ? "1 day" : `${count} days`;
}
