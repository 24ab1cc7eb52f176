import { UsageError } from "./usage";

const seconds = { h: 60 * 60, d: 24 * 60 * 60 } as const;

/** Parses `--expires`: "36h" or "7d", of at most so many seconds. Returns seconds. Throws UsageError. */
export function parseLife(text: string, maxSeconds: number): number {
  const [, number = "", unit = "d"] = /^(\d{1,4})([hd])$/.exec(text) ?? [];
  const life = Number(number) * seconds[unit as keyof typeof seconds];
  if (life > 0 && life <= maxSeconds) return life;
  throw new UsageError(`--expires takes hours or days, like 36h or 7d, up to ${Math.floor(maxSeconds / seconds.d)}d`);
}
