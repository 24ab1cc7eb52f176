import "server-only";
import { AppError, errorStatus, toAppError } from "./errors";

const titles: Record<AppError["code"], string> = {
  UNAUTHENTICATED: "Sign in first",
  ORIGIN: "Request from another site",
  NOT_FOUND: "Not found",
  CONFLICT: "Conflict",
  TOO_LARGE: "Too large",
  INVALID: "Invalid request",
  READ_ONLY: "Read-only",
  RATE_LIMITED: "Too many requests",
  INTERNAL: "Internal error",
  UNAVAILABLE: "Unavailable",
};

/** Converts an error to a response with problem details (RFC 9457). */
function problem(error: AppError): Response {
  const status = errorStatus[error.code];
  const body = {
    type: `urn:atoll:error:${error.code.toLowerCase().replaceAll("_", "-")}`,
    title: titles[error.code],
    status,
    detail: error.message,
    ...(error.issues.length > 0 ? { errors: error.issues } : {}),
  };
  const headers = new Headers({ "content-type": "application/problem+json", "cache-control": "no-store" });
  if (error.retryAfterSeconds !== undefined) headers.set("retry-after", String(error.retryAfterSeconds));
  return new Response(JSON.stringify(body), { status, headers });
}

/** Wraps a route handler: thrown errors become problem responses. Logs unexpected ones. */
export function route<Args extends unknown[]>(handle: (request: Request, ...args: Args) => Promise<Response>) {
  return async (request: Request, ...args: Args): Promise<Response> => {
    try {
      return await handle(request, ...args);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === "INTERNAL")
        console.error(`${request.method} ${new URL(request.url).pathname} failed`, error.cause);
      return problem(error);
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

/** Reads the request body as JSON. Throws AppError INVALID. */
export async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch (cause) {
    throw new AppError("INVALID", "The request body is not valid JSON.", { cause });
  }
}
