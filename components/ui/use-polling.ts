import { useEffect, useEffectEvent } from "react";

const firstDelayMs = 1_000;
const maxDelayMs = 20_000;

/** Returns the delay before the next poll, after `attempt` polls without news. */
export function pollDelayMs(attempt: number): number {
  return Math.min(maxDelayMs, firstDelayMs * 1.5 ** attempt);
}

/**
 * Calls `poll` repeatedly while `active` and the page is visible, one call at a time, with exponential backoff. `poll`
 * resolves to true when it found news, which resets the backoff.
 */
export function usePolling(active: boolean, poll: () => Promise<boolean>): void {
  const onPoll = useEffectEvent(poll);
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
      const news = await onPoll().catch(() => false); // A failed poll is retried by the next one.
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
