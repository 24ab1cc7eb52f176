import { createHash, createHmac } from "node:crypto";
import { type RawAnswer, raw, root } from "../harness";

/**
 * SigV4 written down for the tests from AWS's documentation, for requests the SDK would not make; the store's own signing
 * code is what they check.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */

interface Signer {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface RequestToSign {
  readonly method: string;
  readonly url: string;
  /** By lower-case name; all of them are signed, `host` too. The characters of values are bytes, as on the wire. */
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
  /** `x-amz-content-sha256`; the body's hash when left out. */
  readonly payloadHash?: string;
  readonly signer?: Signer;
}

/** What the chunks of a signed aws-chunked body are chained to. */
export interface Seed {
  readonly key: Buffer;
  readonly amzDate: string;
  readonly scope: string;
  readonly signature: string;
}

const sha256 = (data: Buffer | string) => createHash("sha256").update(data).digest("hex");
const hmac = (key: Buffer | string, text: string) => createHmac("sha256", key).update(text).digest();
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** The headers to send, `authorization` among them. */
export function signRequest(request: RequestToSign): { headers: Record<string, string>; seed: Seed } {
  const { method, body = "", payloadHash = sha256(body), signer = root } = request;
  const { host, pathname, searchParams } = new URL(request.url);
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${amzDate.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const headers = { ...request.headers, host, "x-amz-content-sha256": payloadHash, "x-amz-date": amzDate };
  const sorted = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = sorted.map(([name]) => name).join(";");
  const query = [...searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const lines = sorted.map(([name, value]) => `${name}:${value.trim()}\n`).join("");
  const canonical = [method, pathname, query.join("&"), lines, names, payloadHash].join("\n");
  const key = scope.split("/").reduce<Buffer | string>(hmac, `AWS4${signer.secretAccessKey}`) as Buffer;
  const signature = hmac(
    key,
    `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${sha256(Buffer.from(canonical, "latin1"))}`,
  ).toString("hex");
  const credential = `Credential=${signer.accessKeyId}/${scope}`;
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return { headers: { ...headers, authorization }, seed: { key, amzDate, scope, signature } };
}

/** Signs and sends. */
export function signedRaw(method: string, url: string, request: Omit<RequestToSign, "method" | "url"> = {}) {
  const { headers } = signRequest({ method, url, ...request });
  const { body } = request;
  return raw(method, url, { headers, ...(body !== undefined && { body }) });
}

export interface ChunkedUpload {
  readonly pieces: readonly (Buffer | string)[];
  readonly trailer?: { readonly name: string; readonly value: string };
  readonly headers?: Record<string, string>;
  /** Changes the framed body after it was signed. */
  readonly tamper?: (body: Buffer) => Buffer;
  /** Size the client declares after decoding; the true one when left out. */
  readonly decodedLength?: number;
}

/**
 * Puts an object as an aws-chunked body with a signature on each chunk, and on the trailer when there is one.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export function putSignedChunks(url: string, upload: ChunkedUpload): Promise<RawAnswer> {
  const { trailer, tamper = (body: Buffer) => body } = upload;
  const pieces = upload.pieces.map((piece) => Buffer.from(piece));
  const length = upload.decodedLength ?? pieces.reduce((sum, piece) => sum + piece.length, 0);
  const { headers, seed } = signRequest({
    method: "PUT",
    url,
    payloadHash: `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailer ? "-TRAILER" : ""}`,
    headers: {
      "content-encoding": "aws-chunked",
      ...upload.headers,
      "x-amz-decoded-content-length": String(length),
      ...(trailer && { "x-amz-trailer": trailer.name }),
    },
  });
  return raw("PUT", url, { headers, body: tamper(frame(seed, pieces, trailer)) });
}

function frame(seed: Seed, pieces: Buffer[], trailer: ChunkedUpload["trailer"]): Buffer {
  const { key, amzDate, scope } = seed;
  let previous = seed.signature;
  const sign = (kind: string, ...hashes: string[]) => {
    previous = hmac(key, [`AWS4-HMAC-SHA256-${kind}`, amzDate, scope, previous, ...hashes].join("\n")).toString("hex");
    return previous;
  };
  const chunks = [...pieces, Buffer.alloc(0)].map((piece, i) => {
    const head = `${piece.length.toString(16)};chunk-signature=${sign("PAYLOAD", sha256(""), sha256(piece))}\r\n`;
    return Buffer.concat([Buffer.from(head), piece, Buffer.from(i < pieces.length ? "\r\n" : "")]);
  });
  if (!trailer) return Buffer.concat([...chunks, Buffer.from("\r\n")]);
  const signature = sign("TRAILER", sha256(`${trailer.name}:${trailer.value}\n`));
  const tail = `${trailer.name}:${trailer.value}\r\nx-amz-trailer-signature:${signature}\r\n\r\n`;
  return Buffer.concat([...chunks, Buffer.from(tail)]);
}
