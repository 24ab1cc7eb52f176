import type { IncomingMessage } from "node:http";

/**
 * Leaves the check of a server action's Origin to runAction, which compares it with ATOLL_URL and says what is wrong. Next compares
 * it with X-Forwarded-Host, or Host without it: clients forge the first, proxies rewrite the second, and its refusal is an error 500
 * without a reason. So what was sent is dropped, and Next sees the host of the Origin. An Origin that is none counts as missing,
 * which runAction refuses, too.
 */
export function setForwardedHost(req: Pick<IncomingMessage, "headers">): void {
  const { origin } = req.headers;
  delete req.headers["x-forwarded-host"];
  if (origin === undefined) return;
  if (URL.canParse(origin)) req.headers["x-forwarded-host"] = new URL(origin).host;
  else delete req.headers.origin;
}
