import { setTimeout as pause } from "node:timers/promises";
import type { StoreLogger } from "../store/logger";
import type { Outbox } from "../store/outbox";
import type { PendingEvent } from "../store/records";
import { Poster } from "./post";
import type { TopicDirectory } from "./topic-directory";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
/** An event that nobody took by then is given up. */
const MAX_AGE_MS = 24 * 3600_000;
/** Events sent between two transactions that forget them; after a crash at most as many are sent again. */
const BATCH = 64;

/**
 * Sends the events in the outbox to the endpoints of their topics, raw as Ceph does
 * (https://docs.ceph.com/en/latest/radosgw/notifications/): of a topic one at a time and in order, each until its
 * receiver answers 2xx or it is a day old. An event may come twice (its answer was lost, or the store was killed), so
 * receivers look at the sequencer. Topics do not wait for one another; an event that is refused holds back those behind it.
 */
export class Delivery {
  readonly #workers = new Map<string, Promise<void>>();
  readonly #stopped = new AbortController();
  /** Of topics whose receivers refuse or are not there, how often in a row. */
  readonly #failures = new Map<string, number>();
  readonly #poster = new Poster();

  constructor(
    private readonly outbox: Outbox,
    private readonly topics: TopicDirectory,
    private readonly logger: StoreLogger,
  ) {}

  /** Goes on with what earlier runs left, and from now on sends what is added. */
  start(): void {
    this.outbox.whenAdded((topic) => this.#wake(topic));
    for (const topic of this.outbox.topics()) this.#wake(topic);
  }

  /** Breaks off what is being sent, which is sent again after the next start. Resolves when the outbox is left alone. */
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

  /** Sends until nothing waits. */
  async #work(topic: string): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.outbox.dropBefore(topic, Date.now() - MAX_AGE_MS);
        this.#tellDropped(topic);
        const events = this.topics.find(topic) ? this.outbox.first(topic, BATCH) : [];
        if (events.length === 0) break;
        await this.#deliver(topic, events);
      } catch (error) {
        if (this.#isStopped) break;
        const failures = this.#failures.get(topic) ?? 0;
        this.#failures.set(topic, failures + 1);
        if (failures === 0) this.logger.warn({ topic, err: error }, "events of a topic are not taken; trying on");
        await this.#pause(failures);
      }
    }
    this.#tellDropped(topic);
    this.#workers.delete(topic); // nothing was awaited since the outbox was seen empty, so nobody was turned away
  }

  /** @throws Error when one is not taken; those before it are forgotten */
  async #deliver(topic: string, events: readonly PendingEvent[]): Promise<void> {
    let delivered: number | undefined;
    try {
      for (const { number, record } of events) {
        const endpoint = this.topics.find(topic)?.endpoint;
        if (endpoint === undefined) break; // deleted meanwhile, its events with it
        await this.#poster.post(endpoint, { Records: [record] }, this.#stopped.signal);
        delivered = number;
        if (this.#failures.delete(topic)) this.logger.info({ topic }, "events of a topic are taken again");
      }
    } finally {
      if (delivered !== undefined) await this.outbox.removeThrough(topic, delivered);
    }
  }

  /** Doubles with each failure; of the time half is left to chance, so that receivers are not hit by all at once. */
  async #pause(failures: number): Promise<void> {
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
    const ms = longest * (0.5 + Math.random() / 2);
    await pause(ms, undefined, { ref: false, signal: this.#stopped.signal }).catch(() => {}); // stopped
  }

  #tellDropped(topic: string): void {
    const dropped = this.outbox.takeDropped(topic);
    if (dropped > 0) this.logger.warn({ topic, dropped }, "events were given up: too many waited, or for too long");
  }
}
