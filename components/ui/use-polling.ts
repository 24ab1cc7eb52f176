import { useEffect, useEffectEvent } from "react";

const firstDelayMs = 1_000;
const maxDelayMs = 20_000;

/** The wait before the attempt after `attempt` fruitless ones. */
export function pollDelayMs(attempt: number): number {
  return Math.min(maxDelayMs, firstDelayMs * 1.5 ** attempt);
}

/**
 * Calls `poll` again and again while `active`: softly (further and further apart while nothing changes), never twice at
 * once, and only while the page is visible. `poll` says whether it found news, which starts the pace anew.
 */
export function usePolling(active: boolean, poll: () => Promise<boolean>): void {
  const ask = useEffectEvent(poll);
  useEffect(() => {
    if (!active) return;
    let attempt = 0;
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const schedule = () => {
      clearTimeout(timer);
      if (!stopped && document.visibilityState === "visible") timer = setTimeout(tick, pollDelayMs(attempt));
    };
    const tick = async () => {
      const news = await ask().catch(() => false); // The next attempt is the answer to a failed one.
      attempt = news ? 0 : attempt + 1;
      schedule();
    };
    schedule();
    document.addEventListener("visibilitychange", schedule);
    return () => {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", schedule);
    };
  }, [active]);
}
