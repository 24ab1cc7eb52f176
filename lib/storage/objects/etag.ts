/** Returns an ETag without quotes; "" when absent. Headers quote it; listings of some servers do not. */
export function unquoteEtag(etag: string | undefined): string {
  return etag?.replace(/^"|"$/g, "") ?? "";
}
