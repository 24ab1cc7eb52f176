/** Part of a list, and where the next part starts. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly isTruncated: boolean;
  readonly marker: string | undefined;
}

/**
 * Returns one page of items in the order of their names.
 * @param marker of the previous page, `undefined` for the first one
 */
export function pageOf<T>(
  sorted: readonly T[],
  nameOf: (one: T) => string,
  marker: string | undefined,
  limit: number,
): Page<T> {
  const after = marker === undefined ? "" : Buffer.from(marker, "base64url").toString("utf8");
  const rest = sorted.filter((one) => nameOf(one) > after);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  const isTruncated = rest.length > limit;
  const next = isTruncated && last !== undefined ? Buffer.from(nameOf(last)).toString("base64url") : undefined;
  return { items, isTruncated, marker: next };
}
