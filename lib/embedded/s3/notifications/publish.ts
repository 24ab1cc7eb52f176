import type { Expired } from "../store/expiry";
import type { Outbox } from "../store/outbox";
import type { Publish } from "../store/versions/version-writer";
import { type EventName, matchesEvent } from "./events";
import { type Change, eventRecord, type Origin } from "./message";
import type { TopicDirectory } from "./topic-directory";

/** What publishing an event takes. */
export interface Publisher {
  readonly region: string;
  readonly topics: TopicDirectory;
  readonly outbox: Outbox;
}

/**
 * Returns what publishes the event of a write in the write's own transaction, so that the event is as durable as the
 * write. An event is dropped when its topic has no receiver: it was deleted, or is another account's and not configured.
 * @param event the event's name, or what returns it once the change is known
 */
export function publishTo<C extends Change>(
  { region, topics, outbox }: Publisher,
  origin: Origin,
  key: string,
  event: EventName | ((change: C) => EventName),
): Publish<C> {
  return (bucket, change) => {
    const name = typeof event === "string" ? event : event(change);
    // One at most: subscriptions of a bucket do not overlap.
    const wanted = bucket.notifications?.find((one) => matchesEvent(one, name, key));
    if (!wanted || !topics.find(wanted.topic)) return;
    const details = { name, configurationId: wanted.id, bucket, key, change, origin, at: Date.now() };
    outbox.add(wanted.topic, (number) => eventRecord(region, { ...details, number }));
  };
}

/** Returns what publishes the events of a lifecycle's deletions: of a version deleted, or of a new delete marker. */
export function publishExpiry(publisher: Publisher): Publish<Expired> {
  return (bucket, { key, record, deletion }) => {
    const isMarkerNew = deletion.isDeleteMarker && deletion.versionId !== record.versionId;
    const event = isMarkerNew ? "LifecycleExpiration:DeleteMarkerCreated" : "LifecycleExpiration:Delete";
    publishTo(publisher, "s3", key, event)(bucket, deletion);
  };
}
