import "server-only";
import { AppError, errorStatus, problemType, toAppError } from "./errors";

const titles: Record<AppError["code"], string> = {
  MALFORMED: "Malformed request",
  UNAUTHENTICATED: "Sign in first",
  ORIGIN: "Request from another site",
  SCOPE: "Token lacks a scope",
  NOT_FOUND: "Not found",
  METHOD: "Method not allowed",
  CONFLICT: "Conflict",
  RUNNING: "Still running",
  GONE: "No longer there",
  CHANGED: "Changed meanwhile",
  TOO_LARGE: "Too large",
  MEDIA_TYPE: "Unsupported media type",
  INVALID: "Invalid request",
  READ_ONLY: "Read-only",
  RATE_LIMITED: "Too many requests",
  INTERNAL: "Internal error",
  UNSUPPORTED: "Not supported by this site",
  UNAVAILABLE: "Unavailable",
};

/**
 * Returns what a client learns of an error: problem details (RFC 9457), with Retry-After, the challenge of an invalid token (RFC 6750, 3),
 * and more headers. Logs unexpected errors.
 */
export function problem(request: Request, thrown: unknown, more: Headers = new Headers()): Response {
  const error = toAppError(thrown);
  if (error.code === "INTERNAL")
    console.error(`${request.method} ${withoutTokens(new URL(request.url).pathname)} failed`, error.cause);
  const status = errorStatus[error.code];
  const body = {
    type: problemType(error.code),
    title: titles[error.code],
    status,
    detail: error.message,
    ...(error.issues.length > 0 ? { errors: error.issues } : {}),
  };
  const headers = new Headers(more);
  headers.set("content-type", "application/problem+json");
  headers.set("cache-control", "no-store");
  if (error.retryAfterSeconds !== undefined) headers.set("retry-after", String(error.retryAfterSeconds));
  const challenge = challengeOf(error, request.headers.has("authorization"));
  if (challenge) headers.set("www-authenticate", challenge);
  return new Response(JSON.stringify(body), { status, headers });
}

function challengeOf({ code, scopes }: AppError, hasToken: boolean): string | null {
  const scope = scopes.length > 0 ? `, scope="${scopes.join(" ")}"` : "";
  if (code === "SCOPE") return `Bearer realm="Atoll", error="insufficient_scope"${scope}`;
  if (code !== "UNAUTHENTICATED") return null;
  return hasToken ? 'Bearer realm="Atoll", error="invalid_token"' : 'Bearer realm="Atoll"';
}

/** API tokens in a text, where none belongs. */
const tokenText = /atoll_[0-9A-Za-z]{20,}/g;

/** Returns a text for the log. */
function withoutTokens(text: string): string {
  return text.replaceAll(tokenText, "atoll_…");
}

/**
 * Refuses an API token in a URL, which proxies and browsers keep: its owner learns at the first request that it is not safe any more.
 * Throws MALFORMED.
 */
export function requireNoTokenInUrl(url: string): void {
  const { pathname, search } = new URL(url);
  if (!withoutTokens(decoded(pathname + search)).includes("atoll_…")) return;
  const message =
    "This URL has an API token in it, where proxies and logs keep it. Revoke that token, and send a new one as Authorization: Bearer atoll_….";
  throw new AppError("MALFORMED", message);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Malformed escapes hide nothing: a token has no characters to escape.
  }
}

/** Wraps a route handler: thrown errors become problem responses. */
export function route<Args extends unknown[]>(handle: (request: Request, ...args: Args) => Promise<Response>) {
  return async (request: Request, ...args: Args): Promise<Response> => {
    try {
      return await handle(request, ...args);
    } catch (thrown) {
      return problem(request, thrown);
    }
  };
}

export function json(value: unknown, status = 200): Response {
  return Response.json(value, { status, headers: { "cache-control": "private, no-store" } });
}

const streamChunkBytes = 64 * 1024;

/**
 * Streams a download of any length. When `body` throws, the connection is aborted, so that a client does not take a part
 * for the whole.
 */
export function stream({
  contentType,
  fileName,
  body,
}: {
  contentType: string;
  /** ASCII letters, digits, - and . */
  fileName: string;
  body: AsyncGenerator<string | Uint8Array>;
}): Response {
  const readable = new ReadableStream<Uint8Array>({
    async pull(controller) {
      // Joins short lines to larger chunks.
      const pieces: Uint8Array[] = [];
      for (let bytes = 0; bytes < streamChunkBytes; ) {
        const { done, value } = await body.next();
        if (done) {
          if (bytes > 0) controller.enqueue(Buffer.concat(pieces));
          return controller.close();
        }
        const piece = typeof value === "string" ? Buffer.from(value) : value;
        pieces.push(piece);
        bytes += piece.byteLength;
      }
      controller.enqueue(Buffer.concat(pieces));
    },
    async cancel() {
      await body.return(undefined);
    },
  });
  const headers = {
    "content-type": contentType,
    "content-disposition": `attachment; filename="${fileName}"`,
    "cache-control": "private, no-store",
    "x-content-type-options": "nosniff",
  };
  return new Response(readable, { headers });
}
