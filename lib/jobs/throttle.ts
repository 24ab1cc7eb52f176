const intervalMs = 30_000;

/** Limits `run` to once per 30 s for each subject. Without it, an unreachable database would log one error per poll. */
export function throttle(): (subject: string, run: () => void) => void {
  const lastAt = new Map<string, number>();
  return (subject, run) => {
    // Not the wall clock, which may be set back: nothing would be logged until it is where it was.
    const now = performance.now();
    if (now - (lastAt.get(subject) ?? Number.NEGATIVE_INFINITY) < intervalMs) return;
    if (lastAt.size > 100) lastAt.clear();
    lastAt.set(subject, now);
    run();
  };
}
