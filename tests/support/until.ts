import { vi } from "vitest";

/**
 * Waits until `check` no longer throws, and returns its value. Rejects with its last error after 40 s: a bound for machines
 * under load, not a measurement.
 */
export function until<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 40_000, interval: 50 });
}
