import { mayRead, memoryOf, rememberWhileOpen } from "@/lib/uploader/browser/remember";
import { tabsOf } from "@/lib/uploader/browser/tabs";
import { keepAwake } from "@/lib/uploader/browser/wake-lock";
import { walkFiles } from "@/lib/uploader/browser/walk";
import { walkHandles } from "@/lib/uploader/browser/walk-handles";
import { createUploader } from "@/lib/uploader/engine";
import { crc64nvmeOf } from "@/lib/uploader/hash/hashing";
import { hashInWorker } from "@/lib/uploader/hash/worker-hasher";
import { postByXhr } from "@/lib/uploader/transport/post-xhr";
import { putByXhr } from "@/lib/uploader/transport/put-xhr";
import type { UploadServer } from "@/lib/uploader/transport/server";
import type { Uploader } from "@/lib/uploader/uploader";

/* What the browser tests run in a page; loaded there as a module. */

const hasher = hashInWorker();
const tabs = tabsOf();
const memory = memoryOf();

export function hash(text: string) {
  const file = new Blob([text.repeat(100_000)]);
  return Promise.all([hasher.digests(file, { md5: true }), hasher.crc64nvme(file)]);
}

export const shares: number[] = [];
let presence: { leave(): void } | null = null;
export function join(): void {
  presence = tabs.join((connections) => void shares.push(connections));
}
export function leave(): void {
  presence?.leave();
}

export const owned: boolean[] = [];
export function own(uploadId: string): void {
  tabs.own(uploadId, (here) => void owned.push(here));
}

/** The server's calls are answered by the test, by the function it has put into the page. */
function remote(): UploadServer {
  const { site } = globalThis as unknown as { site: (call: string, args: unknown[]) => Promise<unknown> };
  const calls = ["open", "resume", "renewPolicy", "files", "parts", "complete", "cancel", "seal", "abort", "status"];
  const entries = calls.map((call) => [call, (...args: unknown[]) => site(call, args)]);
  return Object.fromEntries(entries) as UploadServer;
}

function bytesOf(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let start = 0; start < size; start += 65_536) crypto.getRandomValues(bytes.subarray(start, start + 65_536));
  return bytes;
}

/** Every lock the page was given to keep the device awake. */
export const locks: WakeLockSentinel[] = [];
const request = navigator.wakeLock.request.bind(navigator.wakeLock);
navigator.wakeLock.request = async (type) => {
  const lock = await request(type);
  locks.push(lock);
  return lock;
};

export let uploader: Uploader | undefined;

/** Sends files of these sizes; returns the CRC64NVME of each. */
export async function upload(sizes: Record<string, number>): Promise<Record<string, string>> {
  uploader = createUploader({ server: remote(), transport: postByXhr, partTransport: putByXhr, hasher, tabs });
  const roots = rememberWhileOpen(uploader, memory, { accountId: "ann", collectionSlug: "reef" });
  roots.addRoots([await navigator.storage.getDirectory()]);
  keepAwake(uploader);
  const files = Object.entries(sizes).map(([name, size]) => new File([bytesOf(size)], name));
  await uploader.add(walkFiles(files));
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file.name, await crc64nvmeOf(file)])));
}

/** Puts a folder with a file into the page's own file system, and remembers an upload of it. */
export async function begin(uploadId: string): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle("trip", { create: true });
  const inner = await folder.getDirectoryHandle("day-1", { create: true });
  for (const [place, name] of [
    [folder, ".DS_Store"],
    [folder, "a.txt"],
    [inner, "b.txt"],
  ] as const) {
    const writable = await (await place.getFileHandle(name, { create: true })).createWritable();
    await writable.write(name);
    await writable.close();
  }
  const about = { uploadId, accountId: "ann", collectionSlug: "reef", label: "trip", startedAt: Date.now() };
  await memory.remember({ ...about, roots: [folder] });
}

/** Remembers an upload without its folder; `isKnown` as of one that was remembered before. */
export const remember = (uploadId: string, accountId: string, isKnown = false) =>
  memory.remember(
    { uploadId, accountId, collectionSlug: "reef", label: "", startedAt: Date.now(), roots: [] },
    { isKnown },
  );

export async function idsRemembered(accountId = "ann"): Promise<string[]> {
  return (await memory.of(accountId, "reef")).map(({ uploadId }) => uploadId).sort();
}

export async function remembered() {
  const uploads = await memory.of("ann", "reef");
  const roots = uploads[0]?.roots ?? [];
  const found: string[] = [];
  let system = 0;
  for await (const batch of walkHandles(roots)) {
    for (const { path, source } of batch.files) found.push(`${path}: ${await (await source.fresh?.())?.text()}`);
    system += batch.system;
  }
  const others = await memory.of("ann", "other");
  return {
    ids: uploads.map(({ uploadId }) => uploadId),
    found,
    system,
    may: await mayRead(roots),
    others: others.length,
  };
}

export const forget = (uploadId: string) => memory.forget(uploadId);
export const forgetAccount = (accountId: string) => memory.forgetAccount(accountId);

/** Makes the browser refuse to open any database, as while its disk is full, or open them again. */
const openDatabase = IDBFactory.prototype.open;
export function refuseDatabases(refused: boolean): void {
  IDBFactory.prototype.open = refused
    ? () => {
        throw new DOMException("refused", "UnknownError");
      }
    : openDatabase;
}
