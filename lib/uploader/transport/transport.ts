import type { PostPolicy } from "@/lib/upload/schema";
import type { PostFailure } from "../state/failures";

export type PostRequest = {
  readonly policy: PostPolicy;
  /** The whole object key: the policy's prefix and the file's path. */
  readonly key: string;
  readonly contentType: string;
  /** Lower-case hex: S3 refuses a body that has another one. Only where the policy takes it. */
  readonly sha256: string | null;
  readonly file: Blob;
  /** What is in the file, where it was read just now: sent as it is. */
  readonly bytes: Uint8Array | null;
  /** Nobody needs to see how it gets on. */
  readonly quiet: boolean;
  readonly signal: AbortSignal;
  /** Bytes of the file handed to the network so far. */
  readonly onProgress: (sentBytes: number) => void;
};

/** `failure` null: the storage has the file. `verified`: and tells its SHA-256, so it has compared it with the one sent. */
export type PostOutcome = { readonly failure: PostFailure | null; readonly verified?: boolean };

/** A field of the form, and a header of the answer: S3 refuses bytes that have another one than the field says. */
export const checksumHeader = "x-amz-checksum-sha256";

/** Sends one file. Never rejects: an aborted post resolves with a network failure nobody listens to any more. */
export type Transport = (request: PostRequest) => Promise<PostOutcome>;

export type PartRequest = {
  /** Presigned for one part, with its checksum where there is one. */
  readonly url: string;
  /** CRC64NVME in base64: S3 refuses a body that has another one. */
  readonly crc: string | null;
  readonly body: Blob;
  readonly signal: AbortSignal;
  readonly onProgress: (sentBytes: number) => void;
};

/** `etag` as the storage gave it, quotes included. */
export type PartOutcome =
  | { readonly failure: null; readonly etag: string }
  | { readonly failure: PostFailure; readonly etag: null };

/** Sends one part of a file. Never rejects. */
export type PartTransport = (request: PartRequest) => Promise<PartOutcome>;

/** The headers of a part; its URL is signed with them. */
export function headersOf({ crc }: Pick<PartRequest, "crc">): Record<string, string> {
  return crc === null ? {} : { "x-amz-checksum-crc64nvme": crc };
}

/** Reads S3's answer to a part. Without an entity tag the part cannot be put together with the others. */
export function partOutcomeOf(
  status: number,
  body: string,
  retryAfter: string | null,
  etag: string | null,
): PartOutcome {
  const { failure } = outcomeOf(status, body, retryAfter);
  if (failure) return { failure, etag: null };
  if (etag) return { failure: null, etag };
  // The bucket's CORS rules do not let it be read, or something in between swallowed it.
  const message = "The storage's answer has no ETag.";
  return { failure: { kind: "answer", status: 501, code: "NoETag", message, retryAfterSeconds: null }, etag: null };
}

/** A connection on which nothing moved for so long is broken, whatever it says. */
export const stallMs = 60_000;
/** After the whole body was sent, the storage may have work to do: the longer, the more there was. */
export function answerMs(sizeBytes: number): number {
  return stallMs + (sizeBytes / (1024 * 1024)) * 250;
}

/** Reads S3's answer. Some servers answer 200 and tell of the error in the body. */
export function outcomeOf(status: number, body: string, retryAfter: string | null): PostOutcome {
  const isError = /<Error[\s>]/.test(body);
  if (status >= 200 && status < 300 && !isError) return { failure: null };
  const retryAfterSeconds = retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : null;
  const code = isError ? textOf(body, "Code") : null;
  const message = isError ? textOf(body, "Message") : null;
  return { failure: { kind: "answer", status, code, message, retryAfterSeconds } };
}

function textOf(xml: string, element: "Code" | "Message"): string | null {
  return new RegExp(`<${element}>([^<]{1,500})</${element}>`).exec(xml)?.[1] ?? null;
}
