import type { ServerResponse } from "node:http";
import type { S3Error } from "../protocol/errors";
import type { Incoming } from "../protocol/incoming";
import { errorDocument } from "../protocol/xml-write";
import type { Reply } from "./call";

/**
 * Writes an answer no faster than the client reads it.
 * @param linger awaited when all is written, before the answer ends and the connection may close
 */
export async function sendReply(
  res: ServerResponse,
  reply: Reply,
  extra: Readonly<Record<string, string>>,
  linger?: () => Promise<void>,
): Promise<void> {
  const { body } = reply;
  const headers: Record<string, string> = { ...extra, ...reply.headers };
  if (typeof body === "string" || Buffer.isBuffer(body)) {
    headers["content-length"] ??= String(Buffer.byteLength(body));
    res.writeHead(reply.status, headers);
    if (!linger) {
      res.end(body);
      return;
    }
    res.write(body);
  } else {
    res.writeHead(reply.status, headers);
    if (body) {
      for await (const chunk of body) {
        if (res.destroyed) return;
        if (!res.write(chunk, () => body.recycle(chunk))) await drained(res);
      }
    }
    if (linger) res.flushHeaders();
  }
  await linger?.();
  res.end();
}

/** Resolves when more may be written, or when the connection is closed. */
function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      res.off("drain", done);
      res.off("close", done);
      resolve();
    };
    res.once("drain", done);
    res.once("close", done);
  });
}

/** Renders an error in the form of S3. HEAD and 304 have no body. */
export function errorReply(error: S3Error, request: Pick<Incoming, "method" | "path" | "requestId">): Reply {
  const resource = { Resource: request.path, RequestId: request.requestId, HostId: request.requestId };
  const headers = { ...error.headers };
  if (request.method === "HEAD" || error.status === 304) return { status: error.status, headers };
  const body = errorDocument({ Code: error.code, Message: error.message, ...error.details, ...resource });
  return { status: error.status, headers: { ...headers, "content-type": "application/xml" }, body };
}
