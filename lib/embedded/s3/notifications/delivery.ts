import { setTimeout as pause } from "node:timers/promises";
import type { PendingEvent } from "../store/database/records";
import type { StoreLogger } from "../store/logger";
import type { Outbox } from "../store/outbox";
import { Poster } from "./post";
import type { TopicDirectory } from "./topic-directory";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
/** An undelivered event of this age is dropped. */
const MAX_AGE_MS = 24 * 3600_000;
/** Events sent between two transactions that remove them; after a crash at most as many are sent again. */
const BATCH = 64;

/**
 * Sends the events in the outbox to the endpoints of their topics, raw as Ceph does
 * (https://docs.ceph.com/en/latest/radosgw/notifications/). The events of a topic are sent one at a time and in order, each
 * until its receiver answers 2xx or it is a day old. Delivery is at least once: an event is sent again when its answer was
 * lost or the store was killed, so receivers compare the sequencer. Topics do not wait for one another; an event that is
 * rejected holds back those behind it.
 */
export class Delivery {
  readonly #workers = new Map<string, Promise<void>>();
  readonly #stopped = new AbortController();
  /** Consecutive failures, by topic. */
  readonly #failures = new Map<string, number>();
  readonly #poster = new Poster();

  constructor(
    private readonly outbox: Outbox,
    private readonly topics: TopicDirectory,
    private readonly logger: StoreLogger,
  ) {}

  /** Sends the undelivered events of earlier runs, and events as they are added. */
  start(): void {
    this.outbox.whenAdded((topic) => this.#wake(topic));
    for (const topic of this.outbox.topics()) this.#wake(topic);
  }

  /** Aborts the requests in progress; their events are sent again after the next start. Resolves when the outbox is no longer used. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#workers.values());
    this.#poster.close();
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  #wake(topic: string): void {
    if (!this.#isStopped && !this.#workers.has(topic)) this.#workers.set(topic, this.#work(topic));
  }

  /** Sends events until none is left. */
  async #work(topic: string): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.outbox.dropBefore(topic, Date.now() - MAX_AGE_MS);
        this.#logDropped(topic);
        const events = this.topics.find(topic) ? this.outbox.first(topic, BATCH) : [];
        if (events.length === 0) break;
        await this.#deliver(topic, events);
      } catch (error) {
        if (this.#isStopped) break;
        const failures = this.#failures.get(topic) ?? 0;
        this.#failures.set(topic, failures + 1);
        if (failures === 0) this.logger.warn({ topic, err: error }, "events of a topic are not delivered; retrying");
        await this.#pause(failures);
      }
    }
    this.#logDropped(topic);
    this.#workers.delete(topic); // no await since the outbox was empty, so that no wake-up was lost
  }

  /** Removes the delivered events. @throws Error when one is not delivered */
  async #deliver(topic: string, events: readonly PendingEvent[]): Promise<void> {
    let delivered: number | undefined;
    try {
      for (const { number, record } of events) {
        const endpoint = this.topics.find(topic)?.endpoint;
        if (endpoint === undefined) break; // deleted meanwhile with its events
        await this.#poster.post(endpoint, { Records: [record] }, this.#stopped.signal);
        delivered = number;
        if (this.#failures.delete(topic)) this.logger.info({ topic }, "events of a topic are delivered again");
      }
    } finally {
      if (delivered !== undefined) await this.outbox.removeThrough(topic, delivered);
    }
  }

  /** The pause doubles with each failure, up to 1 min; half of it is random, so that topics do not retry all at once. */
  async #pause(failures: number): Promise<void> {
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
    const ms = longest * (0.5 + Math.random() / 2);
    await pause(ms, undefined, { ref: false, signal: this.#stopped.signal }).catch(() => {}); // stopped
  }

  #logDropped(topic: string): void {
    const dropped = this.outbox.takeDropped(topic);
    if (dropped > 0) this.logger.warn({ topic, dropped }, "events were dropped: too many, or undelivered for a day");
  }
}
