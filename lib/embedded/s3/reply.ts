import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Reply } from "./call";
import type { S3Error } from "./errors";
import type { Incoming } from "./incoming";
import { errorDocument } from "./xml-write";

/** Writes an answer, honouring the pace of its reader. */
export async function sendReply(
  res: ServerResponse,
  reply: Reply,
  extra: Readonly<Record<string, string>>,
): Promise<void> {
  const { body } = reply;
  const headers: Record<string, string> = { ...extra, ...reply.headers };
  if (typeof body === "string" || Buffer.isBuffer(body)) {
    headers["content-length"] ??= String(Buffer.byteLength(body));
    res.writeHead(reply.status, headers);
    res.end(body);
    return;
  }
  res.writeHead(reply.status, headers);
  if (body === undefined) {
    res.end();
    return;
  }
  for await (const chunk of body) {
    if (res.destroyed) return;
    if (!res.write(chunk)) await drained(res);
  }
  res.end();
}

async function drained(res: ServerResponse): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  res.once("close", leave);
  try {
    await once(res, "drain", { signal: gone.signal });
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  } finally {
    res.off("close", leave);
  }
}

/** An error as S3 words it. HEAD and 304 have no body. */
export function errorReply(error: S3Error, request: Pick<Incoming, "method" | "path" | "requestId">): Reply {
  const resource = { Resource: request.path, RequestId: request.requestId, HostId: request.requestId };
  const headers = { ...error.headers };
  if (request.method === "HEAD" || error.status === 304) return { status: error.status, headers };
  const body = errorDocument({ Code: error.code, Message: error.message, ...error.details, ...resource });
  return { status: error.status, headers: { ...headers, "content-type": "application/xml" }, body };
}
