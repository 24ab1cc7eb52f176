/** Ctrl-C reaches us twice: from the terminal and through npm. Only a signal later than this is a second one. */
const sameKeyPressMs = 1_500;

/**
 * Resolves when this process is to stop: SIGINT, SIGTERM, SIGHUP, or the death of the process that started it.
 * A second signal calls `force`.
 */
export function stopRequested(force: () => void = () => process.exit(1)): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const onSignal = () => {
      if (firstAt !== undefined && Date.now() - firstAt > sameKeyPressMs) force();
      firstAt ??= Date.now();
      resolve();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
    process.on("disconnect", () => resolve());
    // Listening must not keep a process alive that is otherwise done.
    process.channel?.unref();
    if (process.send && !process.connected) resolve();
  });
}

/** Tells the process that started this one, if it listens. */
export function tellParent(message: object): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
