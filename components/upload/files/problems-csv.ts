import { messageOf } from "@/lib/uploader/state/failure-messages";
import { failure } from "@/lib/uploader/state/failures";
import type { ProblemGroup } from "@/lib/uploader/state/problems";

/**
 * Returns one field of RFC 4180. A spreadsheet runs a field that begins like a formula, as a file name can: an apostrophe
 * before it makes it text (https://owasp.org/www-community/attacks/CSV_Injection).
 */
export function csvField(value: string): string {
  const safe = /^[=+\-@\t\r\n＝＋－＠]/u.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Returns all files that failed or were refused, one a line; with a byte order mark, which Excel needs to read UTF-8. */
export function problemsCsv(groups: readonly ProblemGroup[]): string {
  const lines = [["path", "size in bytes", "state", "cause", "detail", "advice"]];
  for (const { code, files } of groups) {
    const { title, advice } = messageOf(failure(code));
    for (const { path, sizeBytes, state, failure: own } of files) {
      lines.push([
        path,
        String(sizeBytes),
        state === "failed" ? "failed" : "left out",
        title,
        own.detail ?? "",
        advice,
      ]);
    }
  }
  return `\ufeff${lines.map((fields) => `${fields.map(csvField).join(",")}\r\n`).join("")}`;
}
