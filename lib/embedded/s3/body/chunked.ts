import { createHash, type Hash } from "node:crypto";
import { constantTimeEqual, EMPTY_SHA256, type Scope, scopeText, signText } from "../auth/sigv4";
import { S3Error } from "../protocol/errors";

/** The request's signature, with which the signatures of an aws-chunked body's chunks begin. */
export interface ChunkSeed {
  readonly key: Buffer;
  readonly scope: Scope;
  readonly amzDate: string;
  readonly signature: string;
}

const MAX_LINE_BYTES = 4096;
const MAX_TRAILER_BYTES = 8192;

/**
 * Decodes an `aws-chunked` body, checking each chunk's signature when it is signed.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html (and -trailers.html)
 * @param seed the request's signature, or undefined for STREAMING-UNSIGNED-PAYLOAD-TRAILER
 * @param trailers receives the trailing headers by lower-case name
 * @throws S3Error SignatureDoesNotMatch, IncompleteBody, InvalidRequest
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  seed: ChunkSeed | undefined,
  hasTrailer: boolean,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer, void, undefined> {
  const reader = new ByteReader(source);
  const signer = seed && new ChunkSigner(seed);
  for (;;) {
    const { size, signature } = parseChunkHead(await reader.line(), signer !== undefined);
    const hash = signer && createHash("sha256");
    for (let left = size; left > 0; ) {
      const piece = await reader.some(left);
      left -= piece.length;
      hash?.update(piece);
      yield piece;
    }
    if (signer && hash) signer.check(signature, hash);
    if (size === 0) break;
    if ((await reader.line()) !== "") throw malformed();
  }
  if (hasTrailer) await readTrailers(reader, signer, trailers);
  else if ((await reader.line()) !== "") throw malformed();
  await reader.end();
}

async function readTrailers(
  reader: ByteReader,
  signer: ChunkSigner | undefined,
  trailers: Map<string, string>,
): Promise<void> {
  let canonical = "";
  for (let line = await reader.line(); line !== ""; line = await reader.line()) {
    const colon = line.indexOf(":");
    if (colon < 1) throw malformed();
    const [name, value] = [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    if (trailers.has(name)) throw malformed();
    if (name === "x-amz-trailer-signature") {
      signer?.checkTrailer(value, canonical);
      canonical = "";
      trailers.set(name, value);
      continue;
    }
    trailers.set(name, value);
    canonical += `${name}:${value}\n`;
    if (canonical.length > MAX_TRAILER_BYTES) throw malformed();
  }
  if (signer && (canonical !== "" || !trailers.has("x-amz-trailer-signature")))
    throw new S3Error("SignatureDoesNotMatch");
}

function parseChunkHead(line: string, signed: boolean): { size: number; signature: string } {
  const parts = /^([0-9a-fA-F]{1,13})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
  if (!parts?.[1] || (signed && !parts[2])) throw malformed();
  return { size: Number.parseInt(parts[1], 16), signature: parts[2] ?? "" };
}

class ChunkSigner {
  #previous: string;
  readonly #prefix: string;

  constructor(private readonly seed: ChunkSeed) {
    this.#previous = seed.signature;
    this.#prefix = `${seed.amzDate}\n${scopeText(seed.scope)}`;
  }

  check(signature: string, data: Hash): void {
    this.#verify(
      signature,
      `AWS4-HMAC-SHA256-PAYLOAD\n${this.#prefix}\n${this.#previous}\n${EMPTY_SHA256}\n${data.digest("hex")}`,
    );
  }

  checkTrailer(signature: string, canonical: string): void {
    const hashed = createHash("sha256").update(canonical).digest("hex");
    this.#verify(signature, `AWS4-HMAC-SHA256-TRAILER\n${this.#prefix}\n${this.#previous}\n${hashed}`);
  }

  #verify(signature: string, text: string): void {
    const expected = signText(this.seed.key, text);
    if (!constantTimeEqual(signature, expected)) throw new S3Error("SignatureDoesNotMatch");
    this.#previous = expected;
  }
}

/** Reads bytes and CRLF lines from a stream, keeping at most one of its chunks and a line. */
class ByteReader {
  #buffer: Buffer = Buffer.alloc(0);
  readonly #iterator: AsyncIterator<Buffer>;

  constructor(source: AsyncIterable<Buffer>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** Reads 1 to `max` bytes. @throws S3Error IncompleteBody */
  async some(max: number): Promise<Buffer> {
    if (this.#buffer.length === 0 && !(await this.#pull())) throw new S3Error("IncompleteBody");
    const piece = this.#buffer.subarray(0, max);
    this.#buffer = this.#buffer.subarray(piece.length);
    return piece;
  }

  async line(): Promise<string> {
    for (let from = 0; ; ) {
      const end = this.#buffer.indexOf("\r\n", from, "latin1");
      if (end >= 0) {
        const line = this.#buffer.toString("latin1", 0, end);
        this.#buffer = this.#buffer.subarray(end + 2);
        return line;
      }
      if (this.#buffer.length > MAX_LINE_BYTES) throw malformed();
      from = Math.max(0, this.#buffer.length - 1);
      if (!(await this.#pull())) throw new S3Error("IncompleteBody");
    }
  }

  /** Requires the end of the stream: bytes after the last chunk are not signed. @throws S3Error InvalidRequest */
  async end(): Promise<void> {
    if (this.#buffer.length > 0 || (await this.#pull())) throw malformed();
  }

  async #pull(): Promise<boolean> {
    const { done, value } = await this.#iterator.next();
    if (done) return false;
    this.#buffer = this.#buffer.length === 0 ? value : Buffer.concat([this.#buffer, value]);
    return true;
  }
}

function malformed(): S3Error {
  return new S3Error("InvalidRequest", "The aws-chunked body is malformed.");
}
