import type { PostFailure } from "@/lib/uploader/state/failures";
import { postByFetch } from "@/lib/uploader/transport/post-fetch";
import { putByFetch } from "@/lib/uploader/transport/put-fetch";
import type { PartTransport, Transport } from "@/lib/uploader/transport/transport";

const network: PostFailure = { kind: "network" };

function answer(status: number, code: string, message = ""): PostFailure {
  return { kind: "answer", status, code, message, retryAfterSeconds: null };
}

/** Every so many requests one of these happens instead of, or after, what was wanted. */
const faults: readonly { readonly failure: PostFailure; readonly after?: boolean }[] = [
  { failure: answer(500, "InternalError") },
  { failure: answer(503, "SlowDown") },
  { failure: network },
  { failure: network, after: true },
  { failure: answer(403, "AccessDenied", "Request has expired") },
  { failure: answer(200, "InternalError") },
];

/** Transports on which one of so many requests goes wrong, each time in another way. */
export class Trouble {
  requests = 0;
  #fault = 0;

  constructor(readonly every: number) {}

  next(): (typeof faults)[number] | null {
    this.requests += 1;
    if (this.requests % this.every !== 0) return null;
    this.#fault += 1;
    return faults[this.#fault % faults.length] ?? null;
  }

  readonly post: Transport = async (request) => {
    const fault = this.next();
    if (fault?.after) await postByFetch(request);
    return fault ? { failure: fault.failure } : postByFetch(request);
  };

  readonly put: PartTransport = async (request) => {
    const fault = this.next();
    if (fault?.after) await putByFetch(request);
    return fault ? { failure: fault.failure, etag: null } : putByFetch(request);
  };
}
