import type { IncomingMessage } from "node:http";
import type { Authenticated } from "../auth/authenticate";
import { S3Error } from "../protocol/errors";
import type { Incoming } from "../protocol/incoming";
import { decodeAwsChunked } from "./chunked";
import { signedDeadline, until } from "./deadline";
import { requestChunks } from "./request-chunks";

/** The decoded body of a request, to be read once. */
export interface Payload {
  readonly chunks: AsyncIterable<Buffer>;
  /** Size in bytes after decoding. */
  readonly sizeBytes: number;
  /** Hex SHA-256 the body must have, when the client signed one. */
  readonly sha256: string | undefined;
  /** Trailing headers; complete once `chunks` has ended. */
  readonly trailers: ReadonlyMap<string, string>;
}

const streaming = new Map([
  ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", { signed: false, trailer: true }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", { signed: true, trailer: false }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", { signed: true, trailer: true }],
]);

const SLOW_AFTER_MS = 60_000;
const SLOWEST_BYTES_PER_SECOND = 512;

/**
 * Chooses the decoder for a body by its `x-amz-content-sha256`.
 * @throws S3Error MissingContentLength, InvalidArgument, NotImplemented
 */
export function openPayload(req: IncomingMessage, request: Incoming, auth: Authenticated): Payload {
  const trailers = new Map<string, string>();
  const source = until(signedDeadline(auth.identity, auth.expiresAt), paced(req));
  const { payloadHash } = auth;
  const mode = streaming.get(payloadHash);
  if (mode) {
    if (mode.signed && !auth.chunkSeed) throw new S3Error("AccessDenied");
    const decoded = request.header("x-amz-decoded-content-length");
    if (decoded === undefined) throw new S3Error("MissingContentLength");
    const chunks = decodeAwsChunked(source, mode.signed ? auth.chunkSeed : undefined, mode.trailer, trailers);
    return { chunks, sizeBytes: toSize(decoded), sha256: undefined, trailers };
  }
  if (payloadHash.startsWith("STREAMING-")) throw new S3Error("NotImplemented", `${payloadHash} is not implemented.`);
  const hashed = /^[0-9a-f]{64}$/.test(payloadHash);
  if (!hashed && payloadHash !== "UNSIGNED-PAYLOAD") {
    throw new S3Error(
      "InvalidArgument",
      "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING- word or a valid sha256 value.",
    );
  }
  const length = request.header("content-length");
  const chunked = request.header("transfer-encoding") !== undefined;
  if (length === undefined && chunked) throw new S3Error("MissingContentLength");
  return { chunks: source, sizeBytes: toSize(length ?? "0"), sha256: hashed ? payloadHash : undefined, trailers };
}

function toSize(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw new S3Error("InvalidArgument", "The length of the body must be a number of bytes.");
  return Number(text);
}

/** Reads a request without destroying it on an early end. @throws S3Error RequestTimeout for a client that sends too slowly */
export async function* paced(req: IncomingMessage): AsyncGenerator<Buffer, void, undefined> {
  const startedAt = performance.now(); // which no change of the clock moves
  let received = 0;
  for await (const chunk of requestChunks(req)) {
    received += chunk.length;
    const elapsed = performance.now() - startedAt;
    if (elapsed > SLOW_AFTER_MS && received < (elapsed / 1000) * SLOWEST_BYTES_PER_SECOND)
      throw new S3Error("RequestTimeout");
    yield chunk;
  }
}
