import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { CRC32C, CRC64NVME, type CrcKind } from "../../../checksum/crc-kind";
import { programOf } from "./crc";
import type { DigestName } from "./digests";
import { FileDigests, type Report } from "./file-digests";

const MOST_THREADS = 4;
const kinds: readonly (readonly [DigestName, CrcKind])[] = [
  ["CRC32C", CRC32C],
  ["CRC64NVME", CRC64NVME],
];

/** A thread and the files whose digests it computes. */
interface Thread {
  readonly worker: Worker;
  readonly files: Map<number, FileDigests>;
}

/**
 * Threads that compute the digests of large bodies while these are received. They start with the first large body and do
 * not keep a process alive.
 */
export class DigestThreads {
  readonly #threads: Thread[] = [];
  readonly #most = Math.min(MOST_THREADS, availableParallelism());
  #lastId = 0;

  /** Whether the machine can run a thread beside this one. */
  get isWorthwhile(): boolean {
    return this.#most > 1;
  }

  /** Computes the digests of a file that is about to be written. */
  follow(names: ReadonlySet<DigestName>): FileDigests {
    const { worker, files } = this.#leastBusy();
    const id = ++this.#lastId;
    const digests = new FileDigests(names, (order) => worker.postMessage({ id, ...order }));
    files.set(id, digests);
    return digests;
  }

  /** Ends the threads; `follow` may not be called any more. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #leastBusy(): Thread {
    const [idlest] = [...this.#threads].sort((a, b) => a.files.size - b.files.size);
    if (idlest && (idlest.files.size === 0 || this.#threads.length >= this.#most)) return idlest;
    const thread = { worker: startThread(), files: new Map<number, FileDigests>() };
    this.#threads.push(thread);
    thread.worker.on("message", ({ id, ...report }: Report & { id: number }) => {
      if (thread.files.get(id)?.take(report)) thread.files.delete(id);
    });
    const end = (failure: Error) => {
      const at = this.#threads.indexOf(thread);
      if (at >= 0) this.#threads.splice(at, 1);
      for (const digests of thread.files.values()) digests.take({ failure });
      thread.files.clear();
    };
    thread.worker.on("error", end);
    thread.worker.on("exit", () => end(new Error("A thread that computes digests ended.")));
    return thread;
  }
}

function startThread(): Worker {
  const crcs = kinds.map(([name, kind]) => ({ name, bits: kind.bits, program: programOf(kind) }));
  // It is plain JavaScript and needs no loader.
  const worker = new Worker(new URL("./digest-thread.mjs", import.meta.url), { execArgv: [], workerData: { crcs } });
  worker.unref();
  return worker;
}
