import "server-only";
import { AppError, errorStatus, toAppError } from "./errors";

const titles: Record<AppError["code"], string> = {
  UNAUTHENTICATED: "Sign in first",
  NOT_FOUND: "Not found",
  CONFLICT: "Conflict",
  TOO_LARGE: "Too large",
  INVALID: "Invalid request",
  RATE_LIMITED: "Too many requests",
  INTERNAL: "Internal error",
  UNAVAILABLE: "Unavailable",
};

/** RFC 9457 problem details. */
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

/** The edge of a route handler: whatever is thrown inside becomes a problem. */
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

/** A download as long as it may be, written as it is read. When `body` fails the connection breaks: half of it is never taken for all. */
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
      // Many short lines, few chunks.
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

export async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch (cause) {
    throw new AppError("INVALID", "The body is not JSON.", { cause });
  }
}
