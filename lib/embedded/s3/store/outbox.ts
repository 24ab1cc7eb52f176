import type { Database } from "./database/database";
import { afterPrefix } from "./database/keys";
import type { PendingEvent } from "./database/records";

const NEXT_NUMBER = Buffer.from("next-event");
const pendingKey = (topic: string) => Buffer.from(`pending ${topic}`);

/** Undelivered events of each topic, oldest first. */
export class Outbox {
  readonly #dropped = new Map<string, number>();
  #onAdded: (topic: string) => void = () => {};

  /** @param maxPending how many events are kept for one topic; the oldest are dropped beyond that */
  constructor(
    private readonly database: Database,
    private readonly maxPending: number,
  ) {}

  /** @param listener called with the ARN of the topic for each event, once the event is durable */
  whenAdded(listener: (topic: string) => void): void {
    this.#onAdded = listener;
  }

  /**
   * Keeps an event for delivery. Within a transaction.
   * @param make returns its content; the number grows from event to event of the store
   */
  add(topic: string, make: (number: number) => object): void {
    const { counters, outbox } = this.database;
    const number = counters.get(NEXT_NUMBER) ?? 1;
    counters.put(NEXT_NUMBER, number + 1);
    const excess = this.pending(topic) + 1 - this.maxPending;
    const dropped = excess > 0 ? this.#remove(topic, this.#numbers(topic, { limit: excess })) : 0;
    outbox.put(eventKey(topic, number), { number, queuedAt: Date.now(), record: make(number) });
    counters.put(pendingKey(topic), this.pending(topic) + 1);
    this.database.afterCommit(() => {
      this.#countDropped(topic, dropped);
      this.#onAdded(topic);
    });
  }

  /** How many events of a topic are undelivered. */
  pending(topic: string): number {
    return this.database.counters.get(pendingKey(topic)) ?? 0;
  }

  /** ARNs of the topics with undelivered events. */
  topics(): string[] {
    const found: string[] = [];
    for (let start: Buffer = Buffer.from([0]); ; ) {
      const [first] = [...this.database.outbox.getKeys({ start, limit: 1 })];
      if (!first) return found;
      const topic = Buffer.from(first).subarray(0, -KEY_SUFFIX_BYTES).toString();
      found.push(topic);
      start = afterPrefix(eventKeyPrefix(topic));
    }
  }

  /** The oldest undelivered events of a topic. */
  first(topic: string, limit: number): PendingEvent[] {
    return [...this.database.outbox.getRange({ ...rangeOf(topic), limit })].map(({ value }) => value);
  }

  /** Removes the events up to and including a number, after their delivery. */
  async removeThrough(topic: string, number: number): Promise<void> {
    await this.database.commit(() => {
      this.#remove(topic, this.#numbers(topic, { through: number }));
    });
  }

  /** Drops events that were queued before a time, in milliseconds. */
  async dropBefore(topic: string, time: number): Promise<void> {
    const isStale = ({ queuedAt }: PendingEvent) => queuedAt < time;
    if (!this.first(topic, 1).some(isStale)) return;
    const dropped = await this.database.commit(() => {
      const stale: number[] = [];
      for (const { value } of this.database.outbox.getRange(rangeOf(topic))) {
        if (!isStale(value)) break;
        stale.push(value.number);
      }
      return this.#remove(topic, stale);
    });
    this.#countDropped(topic, dropped);
  }

  /** Removes all events of a topic. Within a transaction. */
  purge(topic: string): void {
    this.#remove(topic, this.#numbers(topic));
    this.database.counters.remove(pendingKey(topic));
  }

  /** How many events were dropped since the last call. */
  takeDropped(topic: string): number {
    const dropped = this.#dropped.get(topic) ?? 0;
    this.#dropped.delete(topic);
    return dropped;
  }

  #countDropped(topic: string, more: number): void {
    if (more > 0) this.#dropped.set(topic, (this.#dropped.get(topic) ?? 0) + more);
  }

  #numbers(topic: string, bounds: { readonly limit?: number; readonly through?: number } = {}): number[] {
    const { limit = Number.POSITIVE_INFINITY, through = Number.POSITIVE_INFINITY } = bounds;
    const found: number[] = [];
    for (const key of this.database.outbox.getKeys(rangeOf(topic))) {
      const number = numberOf(key);
      if (found.length >= limit || number > through) break;
      found.push(number);
    }
    return found;
  }

  /** @returns how many there were */
  #remove(topic: string, numbers: readonly number[]): number {
    if (numbers.length === 0) return 0;
    for (const number of numbers) this.database.outbox.remove(eventKey(topic, number));
    this.database.counters.put(pendingKey(topic), this.pending(topic) - numbers.length);
    return numbers.length;
  }
}

const NUMBER_BYTES = 8;
const KEY_SUFFIX_BYTES = NUMBER_BYTES + 1;

/** A NUL ends the topic (ARNs hold none), then comes the number. */
function eventKeyPrefix(topic: string): Buffer {
  return Buffer.from(`${topic}\0`);
}

function eventKey(topic: string, number: number): Buffer {
  const suffix = Buffer.alloc(NUMBER_BYTES);
  suffix.writeBigUInt64BE(BigInt(number));
  return Buffer.concat([eventKeyPrefix(topic), suffix]);
}

function numberOf(key: Buffer): number {
  return Number(Buffer.from(key).readBigUInt64BE(key.length - NUMBER_BYTES));
}

function rangeOf(topic: string): { start: Buffer; end: Buffer } {
  const start = eventKeyPrefix(topic);
  return { start, end: afterPrefix(start) };
}
