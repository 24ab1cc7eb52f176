import { smallBytes } from "../state/file";
import { type HashAnswer, type HashJob, hashFor } from "./hash-messages";
import type { Hasher } from "./hasher";
import { hashHere, hasOwnSha256 } from "./hashing";

type Waiting = { readonly done: (value: never) => void; readonly failed: (error: Error) => void };

/** Returns a hasher that uses a web worker, started with the first file that is large enough; without workers, the main thread. */
export function hashInWorker(start: () => Worker = startWorker): Hasher {
  let worker: Worker | null | undefined;
  let jobs = 0;
  const waiting = new Map<number, Waiting & { readonly job: HashJob }>();

  const settle = ({ data }: MessageEvent<HashAnswer>) => {
    const one = waiting.get(data.id);
    waiting.delete(data.id);
    if ("value" in data) one?.done(data.value as never);
    else one?.failed(Object.assign(new Error(data.error.message), { name: data.error.name }));
  };
  // The worker did not load, as in an old browser or under a content security policy.
  const fallBackToMainThread = () => {
    worker?.terminate();
    worker = null;
    for (const [id, { job, done, failed }] of waiting) {
      waiting.delete(id);
      (hashFor(job, hashHere) as Promise<never>).then(done, failed);
    }
  };
  const started = (): Worker | null => {
    if (worker !== undefined) return worker;
    try {
      worker = start();
      worker.onmessage = settle;
      worker.onerror = fallBackToMainThread;
    } catch {
      worker = null;
    }
    return worker;
  };
  const submit = <T>(about: Omit<HashJob, "id">, signal?: AbortSignal): Promise<T> => {
    const to = started();
    jobs += 1;
    const job = { id: jobs, ...about };
    if (!to) return hashFor(job, hashHere, signal) as Promise<T>;
    const cancel = () => to.postMessage({ cancel: job.id });
    signal?.addEventListener("abort", cancel, { once: true });
    return new Promise<T>((done, failed) => {
      waiting.set(job.id, { job, done, failed });
      to.postMessage(job);
    }).finally(() => signal?.removeEventListener("abort", cancel));
  };
  return {
    digests: (file, options) =>
      file instanceof Uint8Array || isQuickHere(file)
        ? hashHere.digests(file, options)
        : submit({ kind: "digests", body: file, md5: options.md5 }, options.signal),
    crc64nvme: (part, signal) => submit({ kind: "crc64nvme", body: part, md5: false }, signal),
  };
}

function isQuickHere(file: Blob): boolean {
  return file.size <= smallBytes && hasOwnSha256();
}

function startWorker(): Worker {
  return new Worker(new URL("./hash-worker.ts", import.meta.url), { type: "module", name: "atoll-hash" });
}
