const quietMilliseconds = 30_000;

/** Returns a function that runs at most once in 30 s for the same subject: without a database every poll fails alike. */
export function throttle(): (subject: string, run: () => void) => void {
  const lastAt = new Map<string, number>();
  return (subject, run) => {
    const now = Date.now();
    if (now - (lastAt.get(subject) ?? Number.NEGATIVE_INFINITY) < quietMilliseconds) return;
    if (lastAt.size > 100) lastAt.clear();
    lastAt.set(subject, now);
    run();
  };
}
