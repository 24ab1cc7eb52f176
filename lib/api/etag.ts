import "server-only";
import { AppError } from "@/lib/errors";

/**
 * Sets the `ETag` of an answer by its version, and returns the answer. It changes with each edit, and not with the URLs that are signed
 * anew for each answer (RFC 9110, 8.8.3). What outsiders see has none.
 */
export function tagged<Answer extends object>(answer: Answer, headers: Headers): Answer {
  const { editVersion } = answer as { editVersion?: number | null };
  if (typeof editVersion === "number") headers.set("etag", `"${editVersion}"`);
  return answer;
}

/**
 * Returns the version that an `If-Match` names, also as a weak ETag, which proxies that compress make of ours; undefined without one, and for `*`, which any version matches (RFC 9110, 13.1.1). Throws
 * INVALID for what is no ETag of an answer.
 */
export function versionOf(ifMatch: string | undefined): { editVersion?: number } {
  if (ifMatch === undefined || ifMatch.trim() === "*") return {};
  const [, digits] = /^\s*(?:W\/)?"(\d{1,9})"\s*$/.exec(ifMatch) ?? [];
  if (digits === undefined)
    throw new AppError("INVALID", 'If-Match takes one ETag as it was answered, like "3", or *.');
  return { editVersion: Number(digits) };
}
