import { DecoderChild } from "./child";
import type { DecoderReply, DecoderRequest } from "./decoder-process";
import { DecoderLimitError } from "./errors";

/** For all decoders of a process together, at all times. */
export const poolBytes = 600e6;
/** What a decoder takes when it has started up, or more. One that keeps more after a picture, by `maxKeptBytes`, is replaced. */
const idleBytes = 95e6;
const maxKeptBytes = 40e6;
/** What one may take beyond the estimate, as long as all together stay within the pool. */
const toleratedBytes = 64e6;
const guardMilliseconds = 25;

/** What a request is expected to take: memory beyond that of an idle decoder, and processor time and time at most. */
export type Need = { memoryBytes: number; cpuSeconds: number; seconds?: number };
type PoolOptions = {
  /** For all decoders together; `poolBytes` by default. */
  memoryBytes?: number;
  /** After so long a picture is next, whatever it needs, as smaller ones could pass it for ever. */
  patienceMilliseconds?: number;
};
type State = "idle" | "ending" | { memoryBytes: number };
type Waiting = { memoryBytes: number; since: number; start(child: DecoderChild): void; refuse(error: Error): void };

/**
 * Child processes that decode, as many as fit into the pool's memory with what their pictures need. Smaller pictures pass a large one
 * that waits for room.
 */
export class DecoderPool {
  private readonly children = new Map<DecoderChild, State>();
  private waiting: Waiting[] = [];
  private guarding: NodeJS.Timeout | undefined;
  /** Ended to keep the pool within its memory, although their pictures took no more than they may. */
  private readonly displaced = new WeakSet<DecoderChild>();
  private readonly memoryBytes: number;
  private readonly patienceMilliseconds: number;

  constructor({ memoryBytes = poolBytes, patienceMilliseconds = 10_000 }: PoolOptions = {}) {
    this.memoryBytes = memoryBytes;
    this.patienceMilliseconds = patienceMilliseconds;
  }

  /**
   * Sends a request to a decoder, once there is room for what it needs. One whose decoder was ended for the memory of all of them
   * is sent again, with room for all that it may take: it is never ended for the others' sake again. Rejects as
   * `DecoderChild.request`.
   */
  async run(request: DecoderRequest, need: Need): Promise<DecoderReply> {
    const since = performance.now();
    for (const memoryBytes of [need.memoryBytes, need.memoryBytes + toleratedBytes]) {
      const reply = await this.runIn(memoryBytes, request, need, since);
      if (reply) return reply;
    }
    throw new DecoderLimitError("memory");
  }

  /** Runs a request in a decoder with so much memory. Returns null where that was ended for the memory of all decoders. */
  private async runIn(
    memoryBytes: number,
    request: DecoderRequest,
    need: Need,
    since: number,
  ): Promise<DecoderReply | null> {
    const child = await new Promise<DecoderChild>((start, refuse) => {
      this.waiting.push({ memoryBytes, since, start, refuse });
      this.assign();
    });
    this.guarding ??= setInterval(() => this.guard(), guardMilliseconds).unref();
    const rssBytes = idleBytesOf(child) + need.memoryBytes + toleratedBytes;
    try {
      const reply = await child.request(request, { rssBytes, cpuSeconds: need.cpuSeconds, seconds: need.seconds });
      this.retire(child);
      return reply;
    } catch (error) {
      // Without a reply the process is broken or gone: no other picture may get it. Its memory counts until it has ended.
      this.end(child);
      if (this.displaced.has(child)) return null;
      throw error;
    } finally {
      this.assign();
      this.stopGuarding();
    }
  }

  /** Starts processes in advance: starting one takes two thirds of a second. */
  warm(count: number): void {
    while (this.children.size < count && this.takenBytes() + idleBytes <= this.memoryBytes) this.add().release();
  }

  /** Ends all processes, and refuses what waits for one. The next request starts new ones. */
  stop(): void {
    const refused = this.waiting;
    this.waiting = [];
    for (const { refuse } of refused) refuse(new Error("The decoders were stopped."));
    for (const child of this.children.keys()) this.end(child);
  }

  pids(which: "all" | "ready"): number[] {
    const wanted = [...this.children.keys()].filter(({ isReady }) => which === "all" || isReady);
    return wanted.flatMap(({ pid }) => pid ?? []);
  }

  private add(): DecoderChild {
    const child = new DecoderChild((ended) => {
      this.children.delete(ended);
      this.assign();
    });
    this.children.set(child, "idle");
    return child;
  }

  /** Some failures are thrown at once, as for want of memory; most come later and end the child. */
  private tryAdd(): DecoderChild | Error {
    try {
      return this.add();
    } catch (cause) {
      return new Error("The decoder could not be started.", { cause });
    }
  }

  /** Makes a decoder available again, or ends it when it kept too much. One that is ending stays so. */
  private retire(child: DecoderChild): void {
    if (typeof this.children.get(child) !== "object") return;
    this.children.set(child, "idle");
    if (rssOf(child) > idleBytesOf(child) + maxKeptBytes) this.end(child);
  }

  private stopGuarding(): void {
    if (this.isBusy()) return;
    clearInterval(this.guarding);
    this.guarding = undefined;
  }

  /** Ends a decoder, unless it has ended: then it is no longer among them. */
  private end(child: DecoderChild): void {
    if (!this.children.has(child)) return;
    this.children.set(child, "ending");
    child.kill();
  }

  /** Starts what waits and fits, what has waited for long first, else the smallest. */
  private assign(): void {
    const now = performance.now();
    const isOverdue = ({ since }: Waiting) => now - since >= this.patienceMilliseconds;
    const [overdue, others] = [this.waiting.filter(isOverdue), this.waiting.filter((one) => !isOverdue(one))];
    for (const next of [...overdue, ...others.sort((a, b) => a.memoryBytes - b.memoryBytes)]) {
      const child = this.childFor(next.memoryBytes);
      if (child) this.start(next, child);
      else if (isOverdue(next)) return;
    }
  }

  private start(next: Waiting, child: DecoderChild | Error): void {
    this.waiting = this.waiting.filter((one) => one !== next);
    if (child instanceof Error) next.refuse(child);
    else {
      this.children.set(child, { memoryBytes: next.memoryBytes });
      next.start(child);
    }
  }

  /**
   * Returns an idle decoder, or a new one, that may take so much memory more; an error where the system refuses to start one.
   * Where that takes the room of idle decoders, ends these and returns null: their end calls `assign` again.
   */
  private childFor(memoryBytes: number): DecoderChild | Error | null {
    const [child, ...others] = this.in("idle");
    const lacking = this.takenBytes() + memoryBytes + (child ? 0 : idleBytes) - this.memoryBytes;
    // One that is alone may take all, even where an idle decoder takes more than it does today.
    const isAlone = this.children.size === (child ? 1 : 0);
    if (lacking <= 0 || isAlone) return child ?? this.tryAdd();
    const freeableBytes = [...others, ...this.in("ending")].reduce((sum, other) => sum + this.takenBy(other), 0);
    if (lacking <= freeableBytes || !this.isBusy()) for (const other of others) this.end(other);
    return null;
  }

  private isBusy(): boolean {
    return [...this.children.values()].some((state) => typeof state === "object");
  }

  private in(state: "idle" | "ending"): DecoderChild[] {
    return [...this.children].filter(([, one]) => one === state).map(([child]) => child);
  }

  private takenBytes(): number {
    return [...this.children.keys()].reduce((sum, child) => sum + this.takenBy(child), 0);
  }

  /** Returns what a decoder takes, or was promised. */
  private takenBy(child: DecoderChild): number {
    const state = this.children.get(child);
    return Math.max(idleBytesOf(child) + (typeof state === "object" ? state.memoryBytes : 0), rssOf(child));
  }

  /**
   * Ends a decoder once all together exceed the pool: an idle one, else the one that exceeds by most what it was promised. Its
   * picture is at fault only where it takes more than it may, or has the whole pool to itself.
   */
  private guard(): void {
    const totalBytes = [...this.children.keys()].reduce((sum, child) => sum + rssOf(child), 0);
    if (totalBytes <= this.memoryBytes || this.in("ending").length > 0) return;
    const [child] = [
      ...this.in("idle"),
      ...[...this.children.keys()].sort((a, b) => this.excessOf(b) - this.excessOf(a)),
    ];
    if (!child) return;
    if (this.children.size === 1 || this.excessOf(child) > toleratedBytes) child.endFor("memory");
    else this.displaced.add(child);
    this.end(child);
  }

  /** Returns what a decoder takes beyond what it was promised. */
  private excessOf(child: DecoderChild): number {
    const state = this.children.get(child);
    return rssOf(child) - idleBytesOf(child) - (typeof state === "object" ? state.memoryBytes : 0);
  }
}

const idleBytesOf = ({ startRssBytes }: DecoderChild): number => Math.max(idleBytes, startRssBytes);
const rssOf = (child: DecoderChild): number => child.usage()?.rssBytes ?? 0;
