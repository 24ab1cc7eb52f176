import { expect } from "vitest";
import { uploadPolicy } from "@/lib/upload/policy";
import type { Effect } from "@/lib/uploader/state/events";
import { type FileState, fileStates } from "@/lib/uploader/state/file";
import { failedBytesOf, keptBytesOf, plannedBytesOf, sentBytesOf } from "@/lib/uploader/state/file-bytes";
import type { Part } from "@/lib/uploader/state/multipart";
import type { Queue } from "@/lib/uploader/state/queue";
import { partsOnTheirWay } from "@/lib/uploader/state/state";
import type { Simulation } from "./simulation";
import { policyOf } from "./world";

function has(queue: Queue<number>, fileId: number): boolean {
  if (queue.front.slice(queue.taken).includes(fileId)) return true;
  for (let link = queue.back; link; link = link.before) if (link.item === fileId) return true;
  return false;
}

/** No file is lost: one that waits is in its queue, one in work has its effect. */
function checkNothingLost({ world, waiting, timers }: Simulation): void {
  const { queues, batches, halves, active } = world.state;
  const inBatches = [...Object.values(batches).flatMap(({ fileIds }) => fileIds), ...itemsOfQueue(halves).flat()];
  const at = (type: Effect["type"], fileId: number, run: number) =>
    waiting.some((one) => one.type === type && "run" in one && one.fileId === fileId && one.run === run);
  for (const file of world.files()) {
    const { id, run } = file;
    const toHash = has(queues.hash, id) || has(queues.hashWhole, id);
    if (file.state === "queued") expect(has(queues.register, id) || toHash).toBe(true);
    if (file.state === "registering") expect(inBatches).toContain(id);
    if (file.state === "ready")
      expect(has(queues.large, id) || toHash || has(queues.again, id) || has(queues.post, id)).toBe(true);
    if (file.state === "hashing") expect(at("hash", id, run)).toBe(true);
    if (file.state === "posting") expect(at("post", id, run)).toBe(true);
    if (file.state === "checking") expect(at("recheck", id, run)).toBe(true);
    if (file.state === "waiting") expect(timers.has(`file:${id}`)).toBe(true);
    if (file.state === "parts") expect(active).toContain(id);
    if (file.state === "failed" || file.state === "refused") expect(file.failure.code).toBeTypeOf("string");
    for (const part of world.window(id)) {
      if (part.stage === "inFlight") expect(at("part", id, part.run)).toBe(true);
      if (part.stage === "hashing") expect(at("hashPart", id, part.run)).toBe(true);
      if (part.stage === "waiting") expect(timers.has(`part:${id}:${part.n}`)).toBe(true);
    }
  }
}

/** No path is registered and canceled at once, and before the seal the site expects only files that are not canceled. */
function checkRegistered({ world, waiting, registered, kept }: Simulation): void {
  const paths = waiting.flatMap((effect) => {
    if (effect.type === "cancelFiles") return effect.paths;
    return effect.type === "files" || effect.type === "registerChecksums" ? effect.files.map(({ path }) => path) : [];
  });
  expect(new Set(paths).size).toBe(paths.length);
  if (!waiting.some(({ type }) => type === "seal")) return;
  expect(paths).toEqual([]);
  const wanted = new Set(world.files().flatMap(({ state, path }) => (unwanted.has(state) ? [] : [path])));
  for (const path of registered) if (!kept.has(path)) expect([...wanted]).toContain(path);
}

const unwanted: ReadonlySet<string> = new Set(["canceled", "skipped"]);

function itemsOfQueue<T>({ front, taken, back }: Queue<T>): T[] {
  const items = front.slice(taken);
  const late: T[] = [];
  for (let link = back; link; link = link.before) late.unshift(link.item);
  return [...items, ...late];
}

const sending: ReadonlySet<FileState> = new Set(["ready", "posting", "parts", "completing", "checking", "waiting"]);

const isOnItsWay = ({ stage }: Part) => stage === "inFlight";

/** What holds after every event, whatever it was. */
export function checkInvariants(simulation: Simulation): void {
  const { world, waiting } = simulation;
  const { state } = world;
  const files = world.files();
  const sum = (of: (file: (typeof files)[number]) => number) => files.reduce((all, file) => all + of(file), 0);
  for (const name of fileStates) expect(state.counts[name], name).toBe(sum((file) => Number(file.state === name)));
  expect(state.bytes).toEqual({
    ...{ planned: sum(plannedBytesOf), sent: sum(sentBytesOf) },
    ...{ kept: sum(keptBytesOf), failed: sum(failedBytesOf) },
  });
  expect(partsOnTheirWay(state)).toBe(files.flatMap(({ id }) => world.window(id)).filter(isOnItsWay).length);
  const { same, other, others } = state.conflicts;
  expect(same + other + others).toBe(state.counts.conflict);
  // Another person's file is never replaced: nothing is sent to its path.
  for (const file of files) if (file.exists === "others") expect(sending.has(file.state), file.state).toBe(false);
  checkBudget(simulation);
  checkNothingLost(simulation);
  checkRegistered(simulation);
  const atOnce = (type: Effect["type"]) => waiting.filter((effect) => effect.type === type).length;
  for (const call of ["open", "renew", "seal"] as const) expect(atOnce(call), call).toBeLessThanOrEqual(1);
  expect(atOnce("files") + atOnce("registerChecksums")).toBeLessThanOrEqual(2);
}

/** Each endpoint has its six connections, posts and parts together, and no more. */
function checkBudget({ world, waiting }: Simulation): void {
  const connections = new Map<string, number>();
  const endpointOf = (url: string) => world.others.find((other) => url.startsWith(`${other.url}/`))?.url;
  for (const effect of waiting) {
    const ofPart = effect.type === "part" ? (endpointOf(effect.url) ?? policyOf().url) : null;
    const url = effect.type === "post" ? effect.policy.url : ofPart;
    if (url !== null) connections.set(url, (connections.get(url) ?? 0) + 1);
  }
  for (const [url, busy] of connections) expect(busy, url).toBeLessThanOrEqual(uploadPolicy.parallelPosts);
  for (const { url, busy } of world.state.endpoints) expect(connections.get(url ?? policyOf().url) ?? 0).toBe(busy);
}
