import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { nameOf, type Subject } from "./subject";

/**
 * What can happen to a request:
 * - error500, slowDown (503, every second time with Retry-After): the body is read, the store not asked
 * - expired: the same with status 403, of what a browser sends by a policy or a presigned URL. Others sign each request anew.
 * - error200: the same with status 200, of forms and completions, as S3 answers when it fails after its first byte
 *   (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html)
 * - reset: the connection breaks before the store hears of the request
 * - forwardedReset: the store did it, and then the connection breaks
 * - stall: no byte moves until the client gives up, or the proxy lets go by breaking the connection
 */
export const faultKinds = ["error500", "slowDown", "reset", "forwardedReset", "stall", "expired", "error200"] as const;
export type FaultKind = (typeof faultKinds)[number];

export type FaultPlan = {
  readonly seed: number;
  /** Of the requests it applies to; 0.1 unless told. */
  readonly share?: number;
  /** All unless told. */
  readonly kinds?: readonly FaultKind[];
  /** All but preflights unless told. */
  readonly applies?: (subject: Subject) => boolean;
};

/** `scatter` is in [0, 1): what a kind leaves open. */
export type Fault = { readonly kind: FaultKind; readonly scatter: number };

/**
 * Decides by the seed, what the request is about and how often it was seen, never by the order in which requests come:
 * the same seed hits the same tries of the same files, however they run into each other.
 */
export class Faults {
  readonly #seen = new Map<string, number>();

  constructor(readonly plan: FaultPlan | null) {}

  next(subject: Subject): Fault | null {
    const { plan } = this;
    const applies = plan?.applies ?? (({ operation }: Subject) => operation !== "preflight");
    if (!plan || !applies(subject)) return null;
    const name = nameOf(subject);
    const times = (this.#seen.get(name) ?? 0) + 1;
    this.#seen.set(name, times);
    const [hit = 1, which = 0, scatter = 0] = draws(`${plan.seed} ${name} ${times}`);
    if (hit >= (plan.share ?? 0.1)) return null;
    const kinds = (plan.kinds ?? faultKinds).filter((kind) => canHappen(kind, subject));
    const kind = kinds[Math.floor(which * kinds.length)];
    return kind ? { kind, scatter } : null;
  }
}

function canHappen(kind: FaultKind, { operation }: Subject): boolean {
  if (kind === "error200") return operation === "complete" || operation === "post";
  if (kind === "expired") return operation === "part" || operation === "post";
  return true;
}

function draws(text: string): number[] {
  const digest = createHash("sha256").update(text).digest();
  return [0, 4, 8].map((at) => digest.readUInt32BE(at) / 2 ** 32);
}

type Answer = { status: number; code: string; message: string; retryAfter?: string };

/** The answer of a kind that has one; undefined for the others. */
export function answerOf({ kind, scatter }: Fault, { operation }: Subject): Answer | undefined {
  const internal = { code: "InternalError", message: "We encountered an internal error. Please try again." };
  if (kind === "error500") return { status: 500, ...internal };
  if (kind === "error200") return { status: 200, ...internal };
  if (kind === "slowDown") {
    const slow = { status: 503, code: "SlowDown", message: "Please reduce your request rate." };
    return scatter < 0.5 ? { ...slow, retryAfter: "1" } : slow;
  }
  if (kind !== "expired") return undefined;
  const message = operation === "post" ? "Invalid according to Policy: Policy expired." : "Request has expired";
  return { status: 403, code: "AccessDenied", message };
}

/** As S3 sends it, to other origins too: a bucket's CORS rules hold for its errors. */
export function send(res: ServerResponse, { status, code, message, retryAfter }: Answer, origin?: string): void {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  res.writeHead(status, {
    "content-type": "application/xml",
    "content-length": Buffer.byteLength(text),
    ...(retryAfter !== undefined && { "retry-after": retryAfter }),
    ...(origin !== undefined && {
      "access-control-allow-origin": origin,
      "access-control-expose-headers": "ETag, x-amz-request-id, x-amz-version-id",
      vary: "Origin",
    }),
  });
  res.end(text);
}
