import "server-only";
import { env } from "./env";
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

/** A cookie write from another site is refused: browsers always send Origin with a POST, PATCH, PUT or DELETE. */
export function requireSameOrigin(request: Request): void {
  const origin = request.headers.get("origin");
  if (origin !== env().ATOLL_URL) throw new AppError("NOT_FOUND", "This request did not come from this site.");
}

export async function readJson(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch (cause) {
    throw new AppError("INVALID", "The body is not JSON.", { cause });
  }
}
