import type { Service } from "../call/call";
import type { Expired } from "../store/expiry";
import type { Announce } from "../store/objects";
import { type EventName, isAbout } from "./events";
import { type Change, eventRecord, type Origin } from "./message";

/** What a write needs to tell of itself. */
export type Teller = Pick<Service, "region" | "topics" | "outbox">;

/**
 * Has a write tell of itself, in its own transaction: an acknowledged write's event is as durable as the write. A topic
 * that nobody receives (deleted meanwhile, or of another account and not configured) gets nothing.
 * @param event the name, or what gives it once the change is known
 */
export function announcing<C extends Change>(
  { region, topics, outbox }: Teller,
  origin: Origin,
  key: string,
  event: EventName | ((change: C) => EventName),
): Announce<C> {
  return (bucket, change) => {
    const name = typeof event === "string" ? event : event(change);
    // One at most: subscriptions of a bucket do not overlap.
    const wanted = bucket.notifications?.find((one) => isAbout(one, name, key));
    if (!wanted || !topics.find(wanted.topic)) return;
    const happening = { name, configurationId: wanted.id, bucket, key, change, origin, at: Date.now() };
    outbox.add(wanted.topic, (number) => eventRecord(region, { ...happening, number }));
  };
}

/** Has a lifecycle's deletions tell of themselves: of the version that went, or of the marker that hides it. */
export function announcingExpiry(teller: Teller): Announce<Expired> {
  return (bucket, { key, record, deletion }) => {
    const isMarkerNew = deletion.isDeleteMarker && deletion.versionId !== record.versionId;
    const event = isMarkerNew ? "LifecycleExpiration:DeleteMarkerCreated" : "LifecycleExpiration:Delete";
    announcing(teller, "s3", key, event)(bucket, deletion);
  };
}
