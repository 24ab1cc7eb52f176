/** Marks errors that are temporary: the database or the storage cannot be reached. */
export const unavailableDigest = "ATOLL_UNAVAILABLE";

export function digestOf(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("digest" in error)) return null;
  return typeof error.digest === "string" ? error.digest : null;
}
