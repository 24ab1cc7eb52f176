import type { Database } from "../store/database";
import { afterPrefix } from "../store/keys";
import type { PendingEvent } from "../store/records";

const NEXT_NUMBER = Buffer.from("next-event");
const pendingKey = (topic: string) => Buffer.from(`pending ${topic}`);

/** Events that wait for their delivery: of each topic, in the order in which they happened. */
export class Outbox {
  readonly #dropped = new Map<string, number>();
  #onAdded: (topic: string) => void = () => {};

  /** @param maxPending how many may wait for one topic; beyond it the oldest go */
  constructor(
    private readonly database: Database,
    private readonly maxPending: number,
  ) {}

  /** @param listener told, with the ARN of its topic, of each event once it is durable */
  whenAdded(listener: (topic: string) => void): void {
    this.#onAdded = listener;
  }

  /**
   * Keeps an event for delivery. Within a transaction.
   * @param make gives it its content; the number grows from event to event of the store
   */
  add(topic: string, make: (number: number) => object): void {
    const { counters, outbox } = this.database;
    const number = counters.get(NEXT_NUMBER) ?? 1;
    counters.put(NEXT_NUMBER, number + 1);
    const excess = this.pending(topic) + 1 - this.maxPending;
    const dropped = excess > 0 ? this.#forget(topic, this.#numbers(topic, { limit: excess })) : 0;
    outbox.put(eventKey(topic, number), { number, queuedAt: Date.now(), record: make(number) });
    counters.put(pendingKey(topic), this.pending(topic) + 1);
    this.database.afterCommit(() => {
      this.#countDropped(topic, dropped);
      this.#onAdded(topic);
    });
  }

  /** How many wait. */
  pending(topic: string): number {
    return this.database.counters.get(pendingKey(topic)) ?? 0;
  }

  /** Topics for which something waits. */
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

  /** The oldest that wait. */
  first(topic: string, limit: number): PendingEvent[] {
    return [...this.database.outbox.getRange({ ...rangeOf(topic), limit })].map(({ value }) => value);
  }

  /** Forgets those up to and including a number: they were delivered. */
  async removeThrough(topic: string, number: number): Promise<void> {
    await this.database.commit(() => {
      this.#forget(topic, this.#numbers(topic, { through: number }));
    });
  }

  /** Gives up those that have waited since before a time, in milliseconds. */
  async dropOlder(topic: string, than: number): Promise<void> {
    const isStale = ({ queuedAt }: PendingEvent) => queuedAt < than;
    if (!this.first(topic, 1).some(isStale)) return;
    const dropped = await this.database.commit(() => {
      const stale: number[] = [];
      for (const { value } of this.database.outbox.getRange(rangeOf(topic))) {
        if (!isStale(value)) break;
        stale.push(value.number);
      }
      return this.#forget(topic, stale);
    });
    this.#countDropped(topic, dropped);
  }

  /** Forgets all of a topic. Within a transaction. */
  purge(topic: string): void {
    this.#forget(topic, this.#numbers(topic));
    this.database.counters.remove(pendingKey(topic));
  }

  /** How many were given up since this was asked last. */
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
  #forget(topic: string, numbers: readonly number[]): number {
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
