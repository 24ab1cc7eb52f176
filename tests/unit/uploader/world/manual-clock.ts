import type { Clock } from "@/lib/uploader/uploader";

/** A clock that stands still until it is moved on; timers ring in their order. */
export class ManualClock implements Clock {
  #now = 1_000;
  #timers: { at: number; ring: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delayMs: number, ring: () => void): () => void {
    const timer = { at: this.#now + delayMs, ring };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  get pending(): number {
    return this.#timers.length;
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.ring();
    }
    this.#now = end;
  }
}
