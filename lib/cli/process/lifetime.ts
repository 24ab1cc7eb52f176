/** Ctrl-C arrives twice, from the terminal and through npm. Signals closer together than this count as one. */
const sameKeyPressMs = 1_500;

/**
 * Resolves when this process should stop: on SIGINT, SIGTERM or SIGHUP, or when its parent process has ended.
 * A second signal calls `force`.
 */
export function stopRequested(force: () => void = () => process.exit(1)): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined;
    const onSignal = () => {
      if (firstAt !== undefined && performance.now() - firstAt > sameKeyPressMs) force();
      firstAt ??= performance.now();
      resolve();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
    process.on("disconnect", () => resolve());
    // The listener must not keep a finished process alive.
    process.channel?.unref();
    if (process.send && !process.connected) resolve();
  });
}

/** Sends a message to the parent process, if there is an ipc channel. */
export function notifyParent(message: object): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
