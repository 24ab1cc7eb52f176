import type { Subscription } from "../store/database/records";

/**
 * The events the store publishes, without `s3:`. A configuration with another name is rejected.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
 */
const eventNames = [
  "ObjectCreated:Put",
  "ObjectCreated:Post",
  "ObjectCreated:Copy",
  "ObjectCreated:CompleteMultipartUpload",
  "ObjectRemoved:Delete",
  "ObjectRemoved:DeleteMarkerCreated",
  "ObjectTagging:Put",
  "ObjectTagging:Delete",
  "LifecycleExpiration:Delete",
  "LifecycleExpiration:DeleteMarkerCreated",
] as const;

export type EventName = (typeof eventNames)[number];

const patterns = new Set(eventNames.flatMap((name) => [`s3:${name}`, `s3:${name.split(":")[0]}:*`]));

/** Whether a configuration may contain it: `s3:ObjectCreated:Put`, `s3:ObjectCreated:*`, … */
export function isEventPattern(text: string): boolean {
  return patterns.has(text);
}

type Filter = Pick<Subscription, "events" | "prefix" | "suffix">;

/** Whether a bucket's subscription includes an event of a key. */
export function matchesEvent(filter: Filter, event: EventName, key: string): boolean {
  return covers(filter, event) && key.startsWith(filter.prefix ?? "") && key.endsWith(filter.suffix ?? "");
}

/**
 * Whether two subscriptions could include the same event of the same key.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
 */
export function overlap(one: Filter, other: Filter): boolean {
  const [prefixes, suffixes] = [
    [one.prefix ?? "", other.prefix ?? ""],
    [one.suffix ?? "", other.suffix ?? ""],
  ] as const;
  return (
    eventNames.some((name) => covers(one, name) && covers(other, name)) &&
    (prefixes[0].startsWith(prefixes[1]) || prefixes[1].startsWith(prefixes[0])) &&
    (suffixes[0].endsWith(suffixes[1]) || suffixes[1].endsWith(suffixes[0]))
  );
}

function covers({ events }: Filter, event: EventName): boolean {
  return events.includes(`s3:${event}`) || events.includes(`s3:${event.split(":")[0]}:*`);
}
