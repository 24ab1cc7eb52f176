import type { PostPolicy } from "@/lib/upload/schema";
import type { PostFailure } from "../state/failures";

export type PostRequest = {
  readonly policy: PostPolicy;
  /** The whole object key: the policy's prefix and the file's path. */
  readonly key: string;
  readonly contentType: string;
  /** Lower-case hex: S3 rejects a body with another one. Only where the policy allows it. */
  readonly sha256: string | null;
  readonly file: Blob;
  /** The bytes of the file, where it was just read: they are sent instead of it. */
  readonly bytes: Uint8Array | null;
  /** Progress is not reported. */
  readonly quiet: boolean;
  readonly signal: AbortSignal;
  /** Called with the bytes of the file passed to the network so far. */
  readonly onProgress: (sentBytes: number) => void;
};

/** `failure` null: the storage has the file. `verified`: it answered with the SHA-256, so it compared it. */
export type PostOutcome = { readonly failure: PostFailure | null; readonly verified?: boolean };

/** A field of the form and a header of the answer: S3 rejects bytes that do not match the field. */
export const checksumHeader = "x-amz-checksum-sha256";

/** Sends one file. Never rejects: an aborted post resolves with a network failure, which is ignored. */
export type Transport = (request: PostRequest) => Promise<PostOutcome>;

export type PartRequest = {
  /** Presigned for one part, with its checksum where there is one. */
  readonly url: string;
  /** CRC64NVME in base64: S3 rejects a body with another one. */
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

/** Reads S3's answer to a part. A part without an entity tag cannot be completed. */
export function partOutcomeOf(
  status: number,
  body: string,
  retryAfter: string | null,
  etag: string | null,
): PartOutcome {
  const { failure } = outcomeOf(status, body, retryAfter);
  if (failure) return { failure, etag: null };
  if (etag) return { failure: null, etag };
  // The bucket's CORS rules do not expose it, or a proxy removed it.
  const message = "The storage's answer has no ETag.";
  return { failure: { kind: "answer", status: 501, code: "NoETag", message, retryAfterSeconds: null }, etag: null };
}

/** A connection without progress for so long is treated as broken. */
export const stallMs = 60_000;
/** How long the storage may take to answer after the whole body was sent. */
export function answerMs(sizeBytes: number): number {
  return stallMs + (sizeBytes / (1024 * 1024)) * 250;
}

/** Reads S3's answer. Some servers answer 200 with an error in the body. */
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
