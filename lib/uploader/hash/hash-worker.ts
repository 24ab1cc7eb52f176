import { type HashAnswer, type HashJob, type HashMessage, hashFor } from "./hash-messages";
import { hashHere } from "./hashing";

/** The part of a worker's scope that is used. */
type Scope = {
  onmessage: ((event: MessageEvent<HashMessage>) => void) | null;
  postMessage(answer: HashAnswer): void;
};

/** Parts hashed at once: one is read while the other is hashed. More would all finish late. */
const partsAtOnce = 2;

const scope = globalThis as unknown as Scope;
const underWay = new Map<number, AbortController>();
const parts: HashJob[] = [];
let busyParts = 0;

// Blobs come by reference: their bytes are read in this thread.
scope.onmessage = ({ data }) => {
  if ("cancel" in data) {
    underWay.get(data.cancel)?.abort();
    return;
  }
  underWay.set(data.id, new AbortController());
  if (data.kind === "crc64nvme") {
    parts.push(data);
    hashParts();
  } else void hash(data);
};

function hashParts(): void {
  while (busyParts < partsAtOnce) {
    const job = parts.shift();
    if (!job) return;
    busyParts += 1;
    void hash(job).then(() => {
      busyParts -= 1;
      hashParts();
    });
  }
}

/** Never rejects: errors are posted as answers. */
async function hash(job: HashJob): Promise<void> {
  const { id } = job;
  try {
    const signal = underWay.get(id)?.signal;
    signal?.throwIfAborted();
    scope.postMessage({ id, value: await hashFor(job, hashHere, signal) });
  } catch (error) {
    const { name, message } = error as Error;
    scope.postMessage({ id, error: { name, message } });
  } finally {
    underWay.delete(id);
  }
}
