import { type HashAnswer, type HashMessage, hashFor } from "./hash-messages";
import { hashHere } from "./hasher";

/** The part of a worker's scope that is used. */
type Scope = {
  onmessage: ((event: MessageEvent<HashMessage>) => void) | null;
  postMessage(answer: HashAnswer): void;
};

const scope = globalThis as unknown as Scope;
const underWay = new Map<number, AbortController>();

// Blobs come by reference: the bytes are read here, and never leave.
scope.onmessage = ({ data }) => {
  if ("cancel" in data) {
    underWay.get(data.cancel)?.abort();
    return;
  }
  const { id } = data;
  const controller = new AbortController();
  underWay.set(id, controller);
  hashFor(data, hashHere, controller.signal)
    .then(
      (value) => scope.postMessage({ id, value }),
      (error: Error) => scope.postMessage({ id, error: { name: error.name, message: error.message } }),
    )
    .finally(() => underWay.delete(id));
};
