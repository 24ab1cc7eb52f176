import { S3Error } from "../../protocol/errors";
import type { ObjectRecord } from "../../store/database/records";
import type { WriteConditions } from "../../store/versions/version-writer";

type Field = (name: string) => string | undefined;

/**
 * Conditional reads by ETag and date (RFC 9110, 13.2.2: If-Match beats If-Unmodified-Since, If-None-Match beats
 * If-Modified-Since).
 * @param prefix "" for GET and HEAD, "x-amz-copy-source-" for the source of a copy
 * @throws S3Error NotModified (412 for copies), PreconditionFailed
 */
export function checkReadConditions(record: ObjectRecord, field: Field, prefix: "" | "x-amz-copy-source-" = ""): void {
  const [ifMatch, ifNoneMatch] = [field(`${prefix}if-match`), field(`${prefix}if-none-match`)];
  const failed = (condition: string) => new S3Error("PreconditionFailed", undefined, { Condition: condition });
  if (ifMatch !== undefined) {
    if (!matchesEtag(ifMatch, record.etag)) throw failed("If-Match");
  } else {
    const since = httpDate(field(`${prefix}if-unmodified-since`));
    if (since !== undefined && record.modifiedAt > since) throw failed("If-Unmodified-Since");
  }
  const unchanged = () => {
    if (prefix !== "") return failed("If-None-Match");
    return new S3Error(
      "NotModified",
      undefined,
      {},
      { etag: `"${record.etag}"`, "last-modified": new Date(record.modifiedAt).toUTCString() },
    );
  };
  if (ifNoneMatch !== undefined) {
    if (matchesEtag(ifNoneMatch, record.etag)) throw unchanged();
    return;
  }
  const since = httpDate(field(`${prefix}if-modified-since`));
  if (since !== undefined && record.modifiedAt <= since) throw unchanged();
}

/**
 * Whether a Range applies: with an `If-Range` that does not match, the whole object is sent, as a resumed download would
 * otherwise join two objects (RFC 9110, 13.1.5).
 */
export function rangeApplies(record: ObjectRecord, field: Field): boolean {
  const validator = field("if-range")?.trim();
  if (validator === undefined) return true;
  return validator.endsWith('"') ? validator === `"${record.etag}"` : Date.parse(validator) === record.modifiedAt;
}

/** The conditions of a PUT, a completion or a DELETE. @throws S3Error NotImplemented for If-None-Match other than `*`, as in S3 */
export function writeConditions(field: Field): WriteConditions {
  const [ifMatch, ifNoneMatch] = [field("if-match"), field("if-none-match")];
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== "*") {
    throw new S3Error("NotImplemented", "If-None-Match of a write takes * only.", { Header: "If-None-Match" });
  }
  return { ifMatch: ifMatch === undefined ? undefined : bareEtag(ifMatch), ifNoneMatch: ifNoneMatch?.trim() };
}

/** Removes the quotes and the weakness mark of an ETag. */
export function bareEtag(etag: string): string {
  return etag
    .trim()
    .replace(/^W\//, "")
    .replace(/^"(.*)"$/, "$1");
}

function matchesEtag(list: string, etag: string): boolean {
  return list.split(",").some((one) => one.trim() === "*" || bareEtag(one) === etag);
}

function httpDate(text: string | undefined): number | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
