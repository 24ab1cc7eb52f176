import type { IncomingMessage } from "node:http";

/**
 * Sets the header by which Next compares the Origin of a server action (and Host, without it). Clients forge it and proxies rewrite
 * Host, so what was sent is dropped; a request from ATOLL_URL gets its host, and is let through whatever the proxy wrote. Others
 * are compared with Host, and refused with the reason by runAction.
 */
export function setForwardedHost(req: IncomingMessage, siteUrl: string): void {
  delete req.headers["x-forwarded-host"];
  if (req.headers.origin === siteUrl) req.headers["x-forwarded-host"] = new URL(siteUrl).host;
}
