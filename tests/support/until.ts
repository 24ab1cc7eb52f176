import { vi } from "vitest";

/** A bound for machines under load, not a measurement. */
export const boundMs = 40_000;

/** Waits until `check` no longer throws, and returns its value. Rejects with its last error after 40 s. */
export function until<T>(check: () => T | Promise<T>, intervalMs = 50): Promise<T> {
  return vi.waitFor(check, { timeout: boundMs, interval: intervalMs });
}
