import type { IncomingMessage, ServerResponse } from "node:http";

/** Media go straight to S3: what the site itself takes is forms and JSON. */
export const maxBodyBytes = 1024 * 1024;

function refuse(req: IncomingMessage, res: ServerResponse): void {
  if (res.headersSent) {
    req.destroy();
    return;
  }
  const isApi = req.url?.startsWith("/api/") ?? false;
  const detail = "The body is larger than 1 MiB. Files go straight to S3: open an upload and post them there.";
  const problem = { type: "urn:atoll:error:too-large", title: "Too large", status: 413, detail };
  res.writeHead(413, {
    "Content-Type": isApi ? "application/problem+json" : "text/plain; charset=utf-8",
    "Cache-Control": "no-store",
    Connection: "close",
  });
  // The rest of the body is never read.
  res.end(isApi ? JSON.stringify(problem) : `${detail}\n`, () => req.destroy());
}

/**
 * Counts the bytes of the body as they come in and refuses bodies over the limit with 413, announced or not.
 * @returns the count so far, and whether the request was refused at once
 */
export function watchBody(req: IncomingMessage, res: ServerResponse): { bytesIn(): number; isRefused: boolean } {
  let bytes = 0;
  if (Number(req.headers["content-length"] ?? 0) > maxBodyBytes) {
    refuse(req, res);
    return { bytesIn: () => bytes, isRefused: true };
  }
  // The parser hands each piece to `push`: seen here, the body still flows to its reader, at the reader's pace.
  const push = req.push.bind(req);
  req.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
    if (chunk === null) return bytes <= maxBodyBytes ? push(null) : false;
    const before = bytes;
    bytes += chunk.length;
    if (bytes <= maxBodyBytes) return push(chunk, encoding);
    if (before <= maxBodyBytes) refuse(req, res);
    return false;
  };
  return { bytesIn: () => bytes, isRefused: false };
}

/** Counts the bytes of the answer's body. */
export function watchAnswer(res: ServerResponse): () => number {
  let bytes = 0;
  const count = (chunk: unknown, encoding: unknown) => {
    if (typeof chunk === "string") {
      bytes += Buffer.byteLength(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8");
    } else if (chunk instanceof Uint8Array) bytes += chunk.length;
  };
  for (const name of ["write", "end"] as const) {
    const original = res[name].bind(res) as (...args: unknown[]) => never;
    res[name] = (...args: unknown[]) => {
      count(args[0], args[1]);
      return original(...args);
    };
  }
  return () => bytes;
}
