import type { Clock } from "@/lib/uploader/uploader";

/** Runs `times` as fast as the world: what waits for minutes is through in seconds, while connections are real. */
export function fastClock(times: number): Clock & { stop(): void } {
  const timers = new Set<NodeJS.Timeout>();
  return {
    now: () => performance.now() * times,
    after(delayMs, ring) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        ring();
      }, delayMs / times);
      timers.add(timer);
      return () => {
        clearTimeout(timer);
        timers.delete(timer);
      };
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
