import os from "node:os";
import { type Bench, median } from "./report";
import {
  type Added,
  type AddedBy,
  type AddingName,
  addingCases,
  type CaseName,
  type Entrant,
  entrants,
  entrantsOf,
  rowsOf,
  type Times,
  targetsOf,
  targetsOfAdding,
  type UploadCase,
  uploadCases,
} from "./upload/cases";
import type { Tab } from "./upload/tab";
import { farMs, World } from "./upload/world";

/** Rounds of each case. ATOLL_BENCH_ROUNDS=1 gives a quick result. */
const rounds = Number(process.env.ATOLL_BENCH_ROUNDS ?? 3);
const warmUp = { count: 100, sizeBytes: 20_000 };

/** The cases for `--only`. */
export const cases = [...Object.keys(uploadCases), ...Object.keys(addingCases)];

function log(text: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

async function choose(tab: Tab, world: World, files: Pick<UploadCase, "count" | "sizeBytes">): Promise<void> {
  await tab.choose("#files", await world.files.of(files));
  const taken = await tab.evaluate(() => benchPage.takeFiles());
  if (taken !== files.count) throw new Error(`${taken} files were added`);
}

/** Measures an upload in seconds. Rejects unless every file arrived once and complete. */
async function uploadOnce(world: World, { contestant, tuned }: Entrant, one: UploadCase): Promise<number> {
  const { count, sizeBytes, far } = one;
  const { ms, prefix } = await world.inTab({ far }, async (tab) => {
    await choose(tab, world, one);
    return tab.evaluate((name, set) => benchPage.upload(name, { tuned: set }), contestant, tuned);
  });
  const found = await world.take(prefix);
  if (found.versions !== count || found.bytes !== count * sizeBytes)
    throw new Error(`${found.versions} versions of ${found.bytes} bytes arrived`);
  return ms / 1_000;
}

/** Alternates contestants in each round, starting with another one, so that a drift of the machine's speed affects all alike. */
async function measure(world: World, name: CaseName): Promise<Times> {
  const one = uploadCases[name];
  const running = entrantsOf(one);
  const seconds = new Map<Entrant, number[]>(running.map((entrant) => [entrant, []]));
  const failed = new Set<Entrant>();
  // A warm-up, so that the first contestant does not pay for a cold site, database and store.
  for (const entrant of running.slice(0, 4))
    await uploadOnce(world, entrant, { ...one, ...warmUp }).catch(() => undefined);
  for (let round = 0; round < rounds; round += 1) {
    const first = round % running.length;
    const order = [...running.slice(first), ...running.slice(0, first)];
    for (const entrant of order) {
      if (failed.has(entrant)) continue;
      try {
        const took = await uploadOnce(world, entrant, one);
        seconds.get(entrant)?.push(took);
        log(`${one.title}, round ${round + 1}: ${entrant.name} ${took.toFixed(2)} s`);
      } catch (error) {
        failed.add(entrant);
        log(`${one.title}: ${entrant.name} failed: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  return new Map(running.map((entrant) => [entrant, failed.has(entrant) ? null : median(seconds.get(entrant) ?? [])]));
}

/** Returns the bytes of heap in use after garbage collection. */
async function heapOf(tab: Tab): Promise<number> {
  await tab.send("HeapProfiler.collectGarbage");
  const { usedSize } = await tab.send<{ usedSize: number }>("Runtime.getHeapUsage");
  return usedSize;
}

async function addOnce(world: World, { contestant }: Entrant, name: AddingName): Promise<Added> {
  const { count, sizeBytes, disk } = addingCases[name];
  return world.inTab({ far: false }, async (tab) => {
    if (disk) await choose(tab, world, { count, sizeBytes });
    else await tab.evaluate((files, size) => benchPage.makeFiles(files, size), count, sizeBytes);
    const before = await heapOf(tab);
    const added = await tab.evaluate((name) => benchPage.add(name), contestant);
    return { ...added, heapMegabytes: ((await heapOf(tab)) - before) / 1e6 };
  });
}

async function measureAdding(world: World, name: AddingName): Promise<AddedBy> {
  const added = new Map<Entrant, Added>();
  for (const entrant of entrants) {
    if (entrant.tuned || "farOnly" in entrant || entrant.contestant.startsWith("bare")) continue;
    try {
      const tries: Added[] = [];
      for (let round = 0; round < rounds; round += 1) tries.push(await addOnce(world, entrant, name));
      const middle = (of: keyof Added) => median(tries.map((one) => one[of]));
      added.set(entrant, { ms: middle("ms"), longestMs: middle("longestMs"), heapMegabytes: middle("heapMegabytes") });
      log(
        `${addingCases[name].title}: ${entrant.name} ${middle("ms").toFixed(0)} ms, longest task ${middle("longestMs").toFixed(0)} ms`,
      );
    } catch (error) {
      log(`${addingCases[name].title}: ${entrant.name} failed: ${error instanceof Error ? error.message : error}`);
    }
  }
  return added;
}

/** Compares Atoll's engine, two versions of Uppy and plain loops: the same files, one Chromium, one store. */
export const bench: Bench = async ({ only }) => {
  const wanted = (name: string) => only.length === 0 || only.includes(name);
  const names = (Object.keys(uploadCases) as CaseName[]).filter(wanted);
  const addingNames = (Object.keys(addingCases) as AddingName[]).filter(wanted);
  const world = await World.open();
  try {
    const measured = new Map<CaseName, Times>();
    for (const name of names) measured.set(name, await measure(world, name));
    const added = new Map<AddingName, AddedBy>();
    for (const name of addingNames) added.set(name, await measureAdding(world, name));
    const cpu = os.cpus()[0]?.model ?? "unknown processor";
    const addingColumns = addingNames.flatMap((name) => [addingCases[name].title, "longest task", "heap kept"]);
    return {
      title: "Uploads from a browser",
      conditions: `Chromium ${world.chromium}, ${os.availableParallelism()} cores (${cpu}) shared by browser, site and store; median of ${rounds} alternating rounds, from having the files on disk to the last one stored, signing included. ${farMs} ms: a round trip added to every request and new connection to site and store. A longest task of 0 means less than 50 ms.`,
      columns: [...names.map((name) => uploadCases[name].title), ...addingColumns],
      rows: rowsOf(measured, added),
      targets: [
        ...[...measured].flatMap(([name, times]) => targetsOf(name, times)),
        ...[...added].flatMap(([name, by]) => targetsOfAdding(name, by)),
      ],
    };
  } finally {
    await world.close();
  }
};
