import type { IncomingMessage, ServerResponse } from "node:http";
import { authenticate } from "./auth/authenticate";
import { ACCOUNT_ID } from "./auth/users";
import { openPayload, paced } from "./body/payload";
import { Call, type Reply, type Service } from "./call";
import { corsHeaders, preflight } from "./cors";
import { S3Error, toS3Error } from "./errors";
import { type Incoming, parseIncoming } from "./incoming";
import { findOperation } from "./operations";
import { postObject } from "./post/post-object";
import { answerQuery, isQueryRequest } from "./query/endpoint";
import { errorReply, sendReply } from "./reply";
import { newRequestId } from "./store/ids";

/** Bodies up to this size are read to their end after an early refusal, so that the connection can be kept. */
const DRAIN_BYTES = 1024 * 1024;
const LINGER_MS = 2000;

/** Answers one request, whatever happens. */
export async function dispatch(
  service: Service,
  req: IncomingMessage,
  res: ServerResponse,
  mode: { readonly expectsContinue: boolean; readonly isStopping: () => boolean },
): Promise<void> {
  const requestId = newRequestId();
  const common = { "x-amz-request-id": requestId, "x-amz-id-2": requestId, server: "AtollS3" };
  let request: Incoming | undefined;
  let continued = !mode.expectsContinue;
  const goAhead = () => {
    if (!continued) res.writeContinue();
    continued = true;
  };
  try {
    let reply: Reply;
    try {
      request = parseIncoming(req, requestId);
      reply = await answer(service, req, request, goAhead);
    } catch (thrown) {
      if (req.destroyed && !req.complete) return; // the client left in the middle of its body
      reply = errorReply(
        reportable(service, thrown, requestId),
        request ?? { method: req.method ?? "GET", path: req.url ?? "/", requestId },
      );
    }
    const bucket = request?.bucket === undefined ? undefined : service.store.buckets.find(request.bucket);
    const cors = request && request.method !== "OPTIONS" ? corsHeaders(request, bucket) : {};
    const closing = mode.isStopping() ? { connection: "close" } : {};
    await sendReply(res, reply, { ...common, ...cors, ...closing, ...leaveBodyUnread(req, res, continued) });
  } catch (error) {
    // The answer had begun: cutting the connection is the only way left to say that it is not whole.
    if (!res.destroyed) service.logger.error({ err: error, requestId }, "an answer was cut short");
    res.destroy();
  }
}

async function answer(service: Service, req: IncomingMessage, request: Incoming, goAhead: () => void): Promise<Reply> {
  if (request.method === "OPTIONS") {
    return {
      status: 200,
      headers: { ...preflight(request, service.store.buckets.find(request.bucket ?? "")), "content-length": "0" },
    };
  }
  const isForm = request.method === "POST" && /^multipart\/form-data/i.test(request.header("content-type") ?? "");
  if (isForm && request.bucket !== undefined && request.key === undefined && request.query.size === 0) {
    requireSpace(service, request);
    goAhead();
    return postObject(service, request, paced(req));
  }
  if (isQueryRequest(request)) {
    goAhead();
    return answerQuery(service, request, () => paced(req));
  }
  const auth = authenticate(request, service);
  const expectedOwner = request.header("x-amz-expected-bucket-owner");
  if (expectedOwner !== undefined && expectedOwner !== ACCOUNT_ID) throw new S3Error("AccessDenied");
  const grows = request.method === "PUT" || (request.method === "POST" && request.key !== undefined);
  if (grows) requireSpace(service, request);
  const openBody = () => {
    goAhead();
    return openPayload(req, request, auth);
  };
  return findOperation(request)(new Call(service, request, auth, openBody));
}

/** @throws S3Error InsufficientStorage before the body is asked for */
function requireSpace(service: Service, request: Incoming): void {
  service.store.space.require(Number(request.header("content-length") ?? 0));
}

function reportable(service: Service, thrown: unknown, requestId: string): S3Error {
  const error = toS3Error(thrown);
  if (error.status >= 500 && error.code !== "NotImplemented")
    service.logger.error({ err: thrown, requestId }, "a request failed");
  return error;
}

/**
 * When an answer comes before the end of the body: a little rest is read away, for a long one the connection ends, with
 * a moment for the client to see the answer.
 */
function leaveBodyUnread(req: IncomingMessage, res: ServerResponse, continued: boolean): Record<string, string> {
  if (req.complete) return {};
  const declared = req.headers["content-length"] ?? (req.headers["transfer-encoding"] ? Number.POSITIVE_INFINITY : 0);
  const keep = continued && Number(declared) <= DRAIN_BYTES;
  res.once("finish", () => {
    req.removeAllListeners("readable"); // a decoder that gave up may still be listening, which would hold the stream back
    req.resume();
    if (keep) return;
    const timer = setTimeout(() => req.destroy(), LINGER_MS);
    req.once("close", () => clearTimeout(timer));
  });
  return keep ? {} : { connection: "close" };
}
