import "server-only";
import { hash } from "node:crypto";
import { env } from "@/lib/env";
import { requireNoTokenInUrl, route } from "@/lib/http";
import { crossOrigin } from "./cross-origin";
import { openApi } from "./openapi";

let made: { text: string; etag: string } | undefined;

/** Answers `openapi.json`, or 304 to a client that has it (RFC 9110, 13.1.2). The same for everyone. */
export const openApiAnswer = crossOrigin(
  route(async (request: Request) => {
    requireNoTokenInUrl(request.url);
    made ??= document();
    const headers = { "content-type": "application/json", "cache-control": "no-cache", etag: made.etag };
    if (request.headers.get("if-none-match")?.includes(made.etag)) return new Response(null, { status: 304, headers });
    return new Response(made.text, { headers });
  }),
);

function document() {
  const text = JSON.stringify(openApi(env().ATOLL_URL), null, 2);
  return { text, etag: `"${hash("sha256", text, "base64url").slice(0, 22)}"` };
}
