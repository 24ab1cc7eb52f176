import type { Subscription } from "../store/records";

/**
 * The events the store tells of, without `s3:`. A name that is not here is refused in a configuration, so that nobody
 * waits for what never comes.
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

/** Whether a configuration may ask for it: `s3:ObjectCreated:Put`, `s3:ObjectCreated:*`, … */
export function isEventPattern(text: string): boolean {
  return patterns.has(text);
}

type Wish = Pick<Subscription, "events" | "prefix" | "suffix">;

/** Whether a bucket's subscription is about an event of a key. */
export function isAbout(wish: Wish, event: EventName, key: string): boolean {
  return covers(wish, event) && key.startsWith(wish.prefix ?? "") && key.endsWith(wish.suffix ?? "");
}

/**
 * Whether one event of one key could fall to both of two subscriptions.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
 */
export function overlap(one: Wish, other: Wish): boolean {
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

function covers({ events }: Wish, event: EventName): boolean {
  return events.includes(`s3:${event}`) || events.includes(`s3:${event.split(":")[0]}:*`);
}
