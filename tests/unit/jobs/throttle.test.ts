import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { throttle } from "@/lib/jobs/throttle";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "performance"] }));
afterEach(() => void vi.useRealTimers());

function counted() {
  const throttled = throttle();
  const runs: string[] = [];
  return { runs, run: (subject: string) => throttled(subject, () => runs.push(subject)) };
}

test("each subject is reported once in half a minute", () => {
  const { runs, run } = counted();
  for (const subject of ["a", "a", "b", "a"]) run(subject);
  expect(runs).toEqual(["a", "b"]);
  vi.advanceTimersByTime(30_000);
  run("a");
  expect(runs).toEqual(["a", "b", "a"]);
});

test("a clock that is set back silences nothing", () => {
  const { runs, run } = counted();
  run("a");
  vi.setSystemTime(Date.now() - 24 * 60 * 60 * 1_000);
  vi.advanceTimersByTime(30_000);
  run("a");
  expect(runs).toEqual(["a", "a"]);
});
