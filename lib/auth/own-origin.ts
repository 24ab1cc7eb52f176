import "server-only";
import { env } from "@/lib/env";
import { AppError } from "@/lib/errors";

/**
 * Checks that a request which is authorized by a cookie comes from a page of this site: browsers send cookies with requests of other
 * sites' pages, too (CSRF), and an Origin with every POST, PUT, PATCH and DELETE, which no page can forge. Only ATOLL_URL counts:
 * Host and X-Forwarded-Host are what a client or a proxy writes. Throws ORIGIN.
 */
export function requireOwnOrigin(sent: Pick<Headers, "get">): void {
  const { ATOLL_URL } = env();
  const origin = sent.get("origin");
  if (origin === ATOLL_URL) return;
  throw new AppError("ORIGIN", `${problemOf(origin, ATOLL_URL)} Nothing was changed.`);
}

function problemOf(origin: string | null, siteUrl: string): string {
  const given = origin !== null && URL.canParse(origin) ? new URL(origin).origin : "null";
  if (given === "null") {
    return `This request does not say which site it comes from. Send it from ${siteUrl}, with its Origin header.`;
  }
  return `This page was opened at ${given}, but this site is at ${siteUrl}. Open it there. If ${given} is right, its operator sets ATOLL_URL=${given}.`;
}
