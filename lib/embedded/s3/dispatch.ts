import type { IncomingMessage, ServerResponse } from "node:http";
import { authenticate } from "./auth/authenticate";
import { ACCOUNT_ID } from "./auth/users";
import { openPayload, paced } from "./body/payload";
import { Call, type Reply, type Service } from "./call/call";
import { errorReply, sendReply } from "./call/reply";
import { corsHeaders, preflight } from "./handlers/bucket/cors";
import { findOperation } from "./operations";
import { postObject } from "./post/post-object";
import { S3Error, toS3Error } from "./protocol/errors";
import { type Incoming, parseIncoming } from "./protocol/incoming";
import { answerQuery, isQueryRequest } from "./query-endpoint";
import { newRequestId } from "./store/database/ids";

/** After an early error bodies up to this size are read to their end, so that the connection can be kept. */
const DRAIN_BYTES = 1024 * 1024;
const LINGER_MS = 5000;

/** All others, TRACE among them, are refused before anything of the request is looked at. */
const methods = new Set(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"]);

/** Answers one request; never rejects. */
export async function dispatch(
  service: Service,
  req: IncomingMessage,
  res: ServerResponse,
  mode: { readonly expectsContinue: boolean; readonly isStopping: () => boolean },
): Promise<void> {
  const requestId = newRequestId();
  const common = {
    "x-amz-request-id": requestId,
    "x-amz-id-2": requestId,
    server: "AtollS3",
    "x-content-type-options": "nosniff", // the uploader chooses the type: a browser must not guess another one
  };
  let request: Incoming | undefined;
  let continued = !mode.expectsContinue;
  const sendContinue = () => {
    if (!continued) res.writeContinue();
    continued = true;
  };
  try {
    let reply: Reply;
    try {
      request = parseIncoming(req, requestId);
      reply = await answer(service, req, request, sendContinue);
    } catch (thrown) {
      if (req.destroyed && !req.complete) return; // the client closed the connection within its body
      reply = errorReply(
        reportable(service, thrown, requestId),
        request ?? { method: req.method ?? "GET", path: req.url ?? "/", requestId },
      );
    }
    const bucket = request?.bucket === undefined ? undefined : service.store.buckets.find(request.bucket);
    const cors = request && request.method !== "OPTIONS" ? corsHeaders(request, bucket) : {};
    const closing = mode.isStopping() ? { connection: "close" } : {};
    const unread = bodyLeft(req, continued);
    if (unread === "little") res.once("finish", () => drainBody(req));
    const ending = unread === "much" ? { connection: "close" } : closing;
    await sendReply(
      res,
      reply,
      { ...common, ...cors, ...ending },
      unread === "much" ? () => drainBody(req) : undefined,
    );
  } catch (error) {
    // The answer has begun: closing the connection tells the client that it is incomplete.
    if (!res.destroyed) service.logger.error({ err: error, requestId }, "an answer was cut short");
    res.destroy();
  }
}

async function answer(
  service: Service,
  req: IncomingMessage,
  request: Incoming,
  sendContinue: () => void,
): Promise<Reply> {
  if (!methods.has(request.method))
    throw new S3Error("MethodNotAllowed", undefined, { Method: request.method }, { allow: [...methods].join(", ") });
  if (request.method === "OPTIONS") {
    return {
      status: 200,
      headers: { ...preflight(request, service.store.buckets.find(request.bucket ?? "")), "content-length": "0" },
    };
  }
  const isForm = request.method === "POST" && /^multipart\/form-data/i.test(request.header("content-type") ?? "");
  if (isForm && request.bucket !== undefined && request.key === undefined && request.query.size === 0) {
    requireSpace(service, request);
    sendContinue();
    return postObject(service, request, paced(req));
  }
  if (isQueryRequest(request)) {
    sendContinue();
    return answerQuery(service, request, () => paced(req));
  }
  const auth = authenticate(request, service);
  const expectedOwner = request.header("x-amz-expected-bucket-owner");
  if (expectedOwner !== undefined && expectedOwner !== ACCOUNT_ID) throw new S3Error("AccessDenied");
  const grows = request.method === "PUT" || (request.method === "POST" && request.key !== undefined);
  if (grows) requireSpace(service, request);
  const openBody = () => {
    sendContinue();
    return openPayload(req, request, auth);
  };
  return findOperation(request)(new Call(service, request, auth, openBody));
}

/** @throws S3Error InsufficientStorage before the body is asked for */
function requireSpace(service: Service, request: Incoming): void {
  const length = request.header("content-length") ?? request.header("x-amz-decoded-content-length");
  service.store.space.require(Number(length ?? 0));
}

function reportable(service: Service, thrown: unknown, requestId: string): S3Error {
  const error = toS3Error(thrown);
  if (error.code === "InsufficientStorage")
    service.logger.warn({ requestId }, "a request was refused: the disk is full");
  else if (error.status >= 500 && error.code !== "NotImplemented")
    service.logger.error({ err: thrown, requestId }, "a request failed");
  return error;
}

/** How much of its body the client may still send when the answer is ready. */
function bodyLeft(req: IncomingMessage, continued: boolean): "nothing" | "little" | "much" {
  if (req.complete) return "nothing";
  const declared = req.headers["content-length"] ?? (req.headers["transfer-encoding"] ? Number.POSITIVE_INFINITY : 0);
  return continued && Number(declared) <= DRAIN_BYTES ? "little" : "much";
}

/**
 * Reads the rest of a body for up to 5 s. A socket that is closed while bytes arrive is reset, and the client may lose the
 * answer (RFC 9112, 9.6).
 */
function drainBody(req: IncomingMessage): Promise<void> {
  req.removeAllListeners("data"); // of a decoder that failed, which would pause the stream
  return new Promise((done) => {
    if (req.destroyed || req.complete) return done();
    const timer = setTimeout(done, LINGER_MS);
    for (const event of ["end", "close", "error"]) req.once(event, () => done());
    req.once("close", () => clearTimeout(timer)).resume();
  });
}
