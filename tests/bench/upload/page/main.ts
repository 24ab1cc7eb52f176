import { atoll } from "./atoll";
import { bareChecked, barePost, barePut } from "./bare";
import type { Contestant } from "./contestant";
import { uppy5, uppy6 } from "./uppy";

const contestants = { atoll, bareChecked, barePost, barePut, uppy5, uppy6 } satisfies Record<string, Contestant>;
export type ContestantName = keyof typeof contestants;

export type BenchPage = {
  /** Not timed: random bytes are slow to make. */
  makeFiles(count: number, sizeBytes: number): void;
  /** `ms` from files in hand until the last one is stored. */
  upload(name: ContestantName, options: { tuned: boolean }): Promise<{ ms: number; prefix: string }>;
  /** `longestMs`: the longest task of the main thread, 0 where none took 50 ms. */
  add(name: ContestantName): Promise<{ ms: number; longestMs: number }>;
};

declare global {
  var benchPage: BenchPage;
}

const poolBytes = 1_000_000;
let files: File[] = [];
/** What was added stays: its memory is looked at afterwards. */
export const kept: unknown[] = [];

function randomPool(): Uint8Array<ArrayBuffer> {
  const pool = new Uint8Array(poolBytes);
  for (let at = 0; at < poolBytes; at += 50_000) crypto.getRandomValues(pool.subarray(at, at + 50_000));
  return pool;
}

/** Small files have bytes of their own; a large one repeats a megabyte, so that the page's memory is not what is measured. */
function makeFiles(count: number, sizeBytes: number): File[] {
  const pool = randomPool();
  if (sizeBytes > poolBytes) {
    const megabyte = new Blob([pool]);
    const whole = new Blob(Array.from({ length: Math.ceil(sizeBytes / poolBytes) }, () => megabyte));
    return [new File([whole.slice(0, sizeBytes)], "large.bin", { type: "application/octet-stream", lastModified: 1 })];
  }
  return Array.from({ length: count }, (_, index) => {
    const start = (index * 7_919) % (poolBytes - sizeBytes + 1);
    const bytes = pool.slice(start, start + sizeBytes);
    new DataView(bytes.buffer).setUint32(0, index);
    return new File([bytes], `IMG_${index}.jpg`, { type: "image/jpeg", lastModified: 1 });
  });
}

async function add(name: ContestantName): Promise<{ ms: number; longestMs: number }> {
  let longestMs = 0;
  const note = (entries: PerformanceEntryList) => {
    for (const { duration } of entries) longestMs = Math.max(longestMs, duration);
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ type: "longtask" });
  // A task of its own, which does not count what came before.
  await new Promise((begun) => setTimeout(begun, 0));
  const since = performance.now();
  kept.push(await (contestants[name] as Contestant).add?.(files));
  const ms = performance.now() - since;
  // A task is reported after it ended.
  await new Promise((reported) => setTimeout(reported, 200));
  note(observer.takeRecords());
  observer.disconnect();
  return { ms, longestMs };
}

globalThis.benchPage = {
  makeFiles(count, sizeBytes) {
    files = makeFiles(count, sizeBytes);
  },
  async upload(name, options) {
    const since = performance.now();
    const prefix = await (contestants[name] as Contestant).upload(files, options);
    return { ms: performance.now() - since, prefix };
  },
  add,
};
