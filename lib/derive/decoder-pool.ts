import { DecoderChild } from "./decoder-child";
import type { DecoderReply, DecoderRequest } from "./decoder-process";

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
/** `patienceMilliseconds`: after so long a picture is next, whatever it needs, as smaller ones could pass it for ever. */
type PoolOptions = { patienceMilliseconds?: number };
type State = "idle" | "ending" | { memoryBytes: number };
type Waiting = Need & { since: number; start(child: DecoderChild): void; refuse(error: Error): void };

/**
 * Child processes that decode, as many as fit into `poolBytes` with what their pictures need. Smaller pictures pass a large one
 * that waits for room.
 */
export class DecoderPool {
  private readonly children = new Map<DecoderChild, State>();
  private waiting: Waiting[] = [];
  private guarding: NodeJS.Timeout | undefined;
  private readonly patienceMilliseconds: number;

  constructor({ patienceMilliseconds = 10_000 }: PoolOptions = {}) {
    this.patienceMilliseconds = patienceMilliseconds;
  }

  /** Sends a request to a decoder, once there is room for what it needs. Rejects as `DecoderChild.request`. */
  async run(request: DecoderRequest, need: Need): Promise<DecoderReply> {
    const child = await new Promise<DecoderChild>((start, refuse) => {
      this.waiting.push({ ...need, since: performance.now(), start, refuse });
      this.assign();
    });
    this.guarding ??= setInterval(() => this.guard(), guardMilliseconds).unref();
    const rssBytes = idleBytesOf(child) + need.memoryBytes + toleratedBytes;
    try {
      return await child.request(request, { rssBytes, cpuSeconds: need.cpuSeconds, seconds: need.seconds });
    } finally {
      // One that has ended is no longer among them.
      if (this.children.has(child)) this.retire(child);
      this.assign();
      this.stopGuarding();
    }
  }

  /** Starts processes in advance: starting one takes two thirds of a second. */
  warm(count: number): void {
    while (this.children.size < count && this.takenBytes() + idleBytes <= poolBytes) this.add().release();
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

  /** Makes a decoder available again, or ends it when it kept too much. */
  private retire(child: DecoderChild): void {
    this.children.set(child, "idle");
    if (rssOf(child) > idleBytesOf(child) + maxKeptBytes) this.end(child);
  }

  private stopGuarding(): void {
    if (this.isBusy()) return;
    clearInterval(this.guarding);
    this.guarding = undefined;
  }

  private end(child: DecoderChild): void {
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
    const lacking = this.takenBytes() + memoryBytes + (child ? 0 : idleBytes) - poolBytes;
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

  /** Ends the decoder that exceeds its estimate by most once all together exceed the pool. */
  private guard(): void {
    const totalBytes = [...this.children.keys()].reduce((sum, child) => sum + rssOf(child), 0);
    if (totalBytes <= poolBytes || this.in("ending").length > 0) return;
    const excess = ([child, state]: [DecoderChild, State]) =>
      rssOf(child) - idleBytesOf(child) - (typeof state === "object" ? state.memoryBytes : 0);
    const [worst] = [...this.children].sort((a, b) => excess(b) - excess(a));
    if (!worst) return;
    this.children.set(worst[0], "ending");
    worst[0].endFor("memory");
  }
}

const idleBytesOf = ({ startRssBytes }: DecoderChild): number => Math.max(idleBytes, startRssBytes);
const rssOf = (child: DecoderChild): number => child.usage()?.rssBytes ?? 0;
