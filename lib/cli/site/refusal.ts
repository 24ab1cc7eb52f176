import type { IncomingMessage, ServerResponse } from "node:http";

/** Methods that some page or route answers. Others, as TRACE, reach nothing. */
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** No page has this path, so the site answers with its own page for what does not exist. */
const nowhere = "/404";

/** A path, or a whole address as a proxy gets it. Others are "*" and what is no address at all. */
const address = /^(?:\/|https?:\/\/)/i;

/**
 * Answers a request that no handler may see, and returns whether it did: one with another method (405), one for no address, and
 * one to the API whose path is not encoded text (404). A page with such a path becomes the site's page for what does not exist.
 */
export function refuseRequest(req: IncomingMessage, res: ServerResponse): boolean {
  if (!methods.includes(req.method ?? "")) {
    refuse(res, 405, "Method not allowed", "This method is not supported.", { Allow: methods.join(", ") });
    return true;
  }
  const [path = ""] = (req.url ?? "").split("?");
  const isAddress = address.test(path);
  if (isAddress && isText(path)) return false;
  if (isAddress && !path.startsWith("/api/")) {
    req.url = nowhere;
    return false;
  }
  refuse(res, 404, "Not found", "There is nothing at this address.");
  return true;
}

/** Tells whether a path is percent-encoded UTF-8 without NUL. Next and the database fail on others. */
function isText(path: string): boolean {
  try {
    return !decodeURIComponent(path).includes("\0");
  } catch {
    return false; // URIError: not UTF-8, as a lone surrogate is, or a lone percent sign.
  }
}

function refuse(
  res: ServerResponse,
  status: number,
  title: string,
  detail: string,
  headers: Record<string, string> = {},
): void {
  const type = `urn:atoll:error:${title.toLowerCase().replaceAll(" ", "-")}`;
  res.writeHead(status, {
    ...headers,
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  res.end(JSON.stringify({ type, title, status, detail }));
}
