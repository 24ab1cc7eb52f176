import type { IncomingMessage, ServerResponse } from "node:http";

/** The site itself receives only forms and JSON. Media are sent to S3. */
export const maxBodyBytes = 1024 * 1024;

function refuse(req: IncomingMessage, res: ServerResponse): void {
  if (res.headersSent) {
    req.destroy();
    return;
  }
  const isApi = req.url?.startsWith("/api/") ?? false;
  const detail = "The request body is larger than 1 MiB. To send files, open an upload and post them to S3.";
  const problem = { type: "urn:atoll:error:too-large", title: "Too large", status: 413, detail };
  res.writeHead(413, {
    "Content-Type": isApi ? "application/problem+json" : "text/plain; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    Connection: "close",
  });
  // Ends the connection: the rest of the body is not read.
  res.end(isApi ? JSON.stringify(problem) : `${detail}\n`, () => req.destroy());
}

/**
 * Counts the bytes of the request body and rejects bodies over the limit with 413, with or without Content-Length.
 * @returns the count so far, and whether the request was rejected by its Content-Length
 */
export function watchBody(req: IncomingMessage, res: ServerResponse): { bytesIn(): number; isRefused: boolean } {
  let bytes = 0;
  if (Number(req.headers["content-length"] ?? 0) > maxBodyBytes) {
    refuse(req, res);
    return { bytesIn: () => bytes, isRefused: true };
  }
  // The HTTP parser passes each chunk to `push`. Counting here leaves reading and backpressure to the handler.
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

/** Counts the bytes of the response body. */
export function watchResponse(res: ServerResponse): () => number {
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
