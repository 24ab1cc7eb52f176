import { atoll, atollWide } from "./atoll";
import { bareChecked, barePost, barePut } from "./bare";
import type { Contestant } from "./contestant";
import { uppy5, uppy6 } from "./uppy";

const bare = { bareChecked, barePost, barePut };
const contestants = { atoll, atollWide, ...bare, uppy5, uppy6 } satisfies Record<string, Contestant>;
export type ContestantName = keyof typeof contestants;

export type BenchPage = {
  /** Returns the files chosen in the page's input; not timed. */
  takeFiles(): number;
  /** Creates files in the page. */
  makeFiles(count: number, sizeBytes: number): void;
  /** Returns `ms`: the time from having the files until the last one is stored. */
  upload(name: ContestantName, options: { tuned: boolean }): Promise<{ ms: number; prefix: string }>;
  /** Returns `longestMs`: the longest task of the main thread, 0 if none took 50 ms. */
  add(name: ContestantName): Promise<{ ms: number; longestMs: number }>;
};

declare global {
  var benchPage: BenchPage;
}

let files: File[] = [];
/** Keeps what was added: its memory is measured afterwards. */
export const kept: unknown[] = [];

async function add(name: ContestantName): Promise<{ ms: number; longestMs: number }> {
  const tasks: PerformanceEntry[] = [];
  const seen = new EventTarget();
  const observer = new PerformanceObserver((list) => {
    tasks.push(...list.getEntries());
    seen.dispatchEvent(new Event("more"));
  });
  observer.observe({ type: "longtask" });
  // Starts a new task, so that earlier work is not counted.
  await new Promise((begun) => setTimeout(begun, 0));
  const since = performance.now();
  kept.push(await (contestants[name] as Contestant).add?.(files));
  const ms = performance.now() - since;
  // Long tasks are reported late but in order. Once a task made here is reported, all earlier ones are.
  await new Promise((begun) => setTimeout(begun, 0));
  const endedAt = performance.now();
  while (performance.now() < endedAt + 100);
  const own = () => tasks.findIndex(({ startTime, duration }) => startTime + duration > endedAt + 50);
  while (own() < 0) await new Promise((more) => seen.addEventListener("more", more, { once: true }));
  observer.disconnect();
  return { ms, longestMs: Math.max(0, ...tasks.slice(0, own()).map(({ duration }) => duration)) };
}

globalThis.benchPage = {
  takeFiles() {
    files = [...(document.querySelector<HTMLInputElement>("#files")?.files ?? [])];
    return files.length;
  },
  makeFiles(count, sizeBytes) {
    const names = Array.from({ length: count }, (_, index) => `IMG_${index}.jpg`);
    files = names.map((name) => new File([new Uint8Array(sizeBytes)], name, { type: "image/jpeg", lastModified: 1 }));
  },
  async upload(name, options) {
    const since = performance.now();
    const prefix = await (contestants[name] as Contestant).upload(files, options);
    return { ms: performance.now() - since, prefix };
  },
  add,
};
