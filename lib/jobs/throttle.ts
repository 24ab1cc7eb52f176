const quietMilliseconds = 30_000;

/** Runs at most once in half a minute for the same subject: a database that is away fails every poll alike. */
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
