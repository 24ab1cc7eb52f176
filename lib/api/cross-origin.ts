import "server-only";
import { env } from "@/lib/env";

const allowedHeaders = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match";
const exposedHeaders = "ETag, Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate";
const preflightSeconds = 600;

type Handler<Args extends unknown[]> = (request: Request, ...args: Args) => Promise<Response>;

/**
 * Lets pages of the origins in ATOLL_API_ORIGINS call the API with a token (https://fetch.spec.whatwg.org/#http-cors-protocol). Without
 * credentials: cookies are never sent along. Where none is configured, nothing is added.
 */
export function crossOrigin<Args extends unknown[]>(handle: Handler<Args>): Handler<Args> {
  return async (request, ...args) => {
    const response = await handle(request, ...args);
    const { ATOLL_API_ORIGINS } = env();
    if (ATOLL_API_ORIGINS.length === 0) return response;
    response.headers.append("vary", "Origin");
    const origin = request.headers.get("origin");
    if (origin === null || !ATOLL_API_ORIGINS.includes(origin)) return response;
    response.headers.set("access-control-allow-origin", origin);
    response.headers.set("access-control-expose-headers", exposedHeaders);
    if (request.method === "OPTIONS" && request.headers.has("access-control-request-method")) {
      response.headers.set("access-control-allow-methods", response.headers.get("allow") ?? "");
      response.headers.set("access-control-allow-headers", allowedHeaders);
      response.headers.set("access-control-max-age", String(preflightSeconds));
    }
    return response;
  };
}
