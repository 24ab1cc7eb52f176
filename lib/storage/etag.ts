/** An ETag without its quotes: headers quote it, listings of some servers do not. */
export function unquoteEtag(etag: string | undefined): string {
  return etag?.replace(/^"|"$/g, "") ?? "";
}
