import { S3Error } from "../protocol/errors";
import { child, textOf, type XmlNode } from "../protocol/xml-read";
import { isMidnight, parseDate } from "./dates";
import { requireElements, wholeNumber } from "./elements";
import { filtersBySize, type RuleFilter } from "./filter";
import type { Expiration, LifecycleRule } from "./rule";

/** An xs:int, as S3's schema has its days. */
const MAX_DAYS = 2 ** 31 - 1;
const MAX_KEPT = 100;

/** The actions of a rule. */
export type Actions = Pick<LifecycleRule, "expiration" | "noncurrent" | "abortDays">;

/**
 * The actions of a rule.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-actions
 * @throws S3Error MalformedXML, InvalidArgument, InvalidRequest
 */
export function readActions(rule: XmlNode, filter: RuleFilter): Actions {
  const nodes = {
    expiration: child(rule, "Expiration"),
    noncurrent: child(rule, "NoncurrentVersionExpiration"),
    abort: child(rule, "AbortIncompleteMultipartUpload"),
  };
  if (!nodes.expiration && !nodes.noncurrent && !nodes.abort)
    throw new S3Error("InvalidRequest", "At least one action needs to be specified in a rule.");
  const isOld = child(rule, "Prefix") !== undefined;
  const expiration = nodes.expiration && readExpiration(nodes.expiration, filter);
  const noncurrent = nodes.noncurrent && readNoncurrent(nodes.noncurrent, isOld);
  const abortDays = nodes.abort && readAbort(nodes.abort, filter);
  return {
    ...(expiration && { expiration }),
    ...(noncurrent && { noncurrent }),
    ...(abortDays !== undefined && { abortDays }),
  };
}

/** @returns `undefined` for `ExpiredObjectDeleteMarker` false, which asks for nothing */
function readExpiration(node: XmlNode, filter: RuleFilter): Expiration | undefined {
  requireElements(node, ["Days", "Date", "ExpiredObjectDeleteMarker"]);
  if (node.children.length !== 1) throw new S3Error("MalformedXML"); // one of the three
  const date = textOf(node, "Date");
  if (date !== undefined) return { kind: "date", at: readDate(date.trim()) };
  const marker = textOf(node, "ExpiredObjectDeleteMarker")?.trim();
  if (marker === undefined) return { kind: "days", days: daysOf(node, "Days", "Expiration") };
  if (marker !== "true" && marker !== "false") throw new S3Error("MalformedXML");
  refuseFilter("ExpiredObjectDeleteMarker", filter);
  return marker === "true" ? { kind: "markers" } : undefined;
}

function readDate(text: string): number {
  const at = parseDate(text);
  if (at === undefined) throw new S3Error("MalformedXML");
  if (isMidnight(at)) return at;
  const details = { ArgumentName: "Date", ArgumentValue: text };
  throw new S3Error("InvalidArgument", "'Date' must be at midnight GMT", details);
}

function readNoncurrent(node: XmlNode, isOld: boolean): NonNullable<LifecycleRule["noncurrent"]> {
  requireElements(node, ["NoncurrentDays", "NewerNoncurrentVersions"]);
  const days = daysOf(node, "NoncurrentDays", "NoncurrentVersionExpiration");
  const kept = wholeNumber(node, "NewerNoncurrentVersions");
  if (kept === undefined) return { days, kept: 0 };
  if (isOld) throw new S3Error("InvalidRequest", "NewerNoncurrentVersions element can only be used in Lifecycle V2.");
  if (kept >= 1 && kept <= MAX_KEPT) return { days, kept };
  throw new S3Error(
    "InvalidArgument",
    `'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be a positive integer of at most ${MAX_KEPT}`,
  );
}

function readAbort(node: XmlNode, filter: RuleFilter): number {
  requireElements(node, ["DaysAfterInitiation"]);
  const days = daysOf(node, "DaysAfterInitiation", "AbortIncompleteMultipartUpload");
  refuseFilter("AbortIncompleteMultipartUpload", filter);
  return days;
}

function daysOf(node: XmlNode, name: string, action: string): number {
  const days = wholeNumber(node, name);
  if (days === undefined || days > MAX_DAYS) throw new S3Error("MalformedXML");
  if (days > 0) return days;
  throw new S3Error("InvalidArgument", `'${name}' for ${action} action must be a positive integer`);
}

/** Uploads and delete markers have neither tags nor a size to filter by. */
function refuseFilter(action: string, filter: RuleFilter): void {
  if (filter.tags.length > 0) throw new S3Error("InvalidRequest", `${action} cannot be specified with Tags.`);
  if (filtersBySize(filter)) throw new S3Error("InvalidRequest", `${action} cannot be specified with Object Size.`);
}
