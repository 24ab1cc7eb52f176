import { readTags } from "../metadata/tags";
import { S3Error } from "../protocol/errors";
import { child, childrenOf, textOf, type XmlNode } from "../protocol/xml-read";
import type { ObjectRecord } from "../store/database/records";
import { requireElements, wholeNumber } from "./elements";

/** The objects a rule applies to: all conditions must hold. */
export interface RuleFilter {
  readonly prefix: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** Bytes; the object is larger than this… */
  readonly largerThan?: number;
  /** …and smaller than this. */
  readonly smallerThan?: number;
}

const predicates = ["Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan"];
const MAX_PREFIX_BYTES = 1024;
const MAX_SIZE_BYTES = 1_099_511_627_776_000;

/**
 * The filter of a rule: its `Filter` with one predicate, or several in an `And`, or the `Prefix` of older rules.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRuleFilter.html
 * @throws S3Error MalformedXML, InvalidRequest, InvalidTag
 */
export function readFilter(rule: XmlNode): RuleFilter {
  const filter = child(rule, "Filter");
  if ((filter === undefined) === (child(rule, "Prefix") === undefined)) throw new S3Error("MalformedXML");
  if (!filter) return readPredicates({ ...rule, children: childrenOf(rule, "Prefix") });
  if (filter.children.length > 1) throw new S3Error("MalformedXML");
  const and = child(filter, "And");
  // An And needs two: https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRuleAndOperator.html
  if (and && and.children.length < 2) throw new S3Error("MalformedXML");
  return readPredicates(and ?? filter);
}

function readPredicates(node: XmlNode): RuleFilter {
  requireElements(node, predicates, ["Tag"]);
  const prefix = textOf(node, "Prefix") ?? "";
  if (Buffer.byteLength(prefix) > MAX_PREFIX_BYTES)
    throw new S3Error("InvalidRequest", "The maximum size of a prefix is 1024");
  const keys = childrenOf(node, "Tag").map((one) => textOf(one, "Key"));
  if (new Set(keys).size !== keys.length) throw new S3Error("InvalidRequest", "Duplicate Tag Keys are not allowed.");
  const tags = Object.entries(readTags(childrenOf(node, "Tag")) ?? {});
  const largerThan = sizeOf(node, "ObjectSizeGreaterThan", 0);
  const smallerThan = sizeOf(node, "ObjectSizeLessThan", 1);
  if (largerThan !== undefined && smallerThan !== undefined && smallerThan <= largerThan) {
    throw new S3Error("InvalidRequest", "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.");
  }
  return {
    prefix,
    tags,
    ...(largerThan !== undefined && { largerThan }),
    ...(smallerThan !== undefined && { smallerThan }),
  };
}

function sizeOf(node: XmlNode, name: string, least: number): number | undefined {
  const size = wholeNumber(node, name);
  if (size === undefined || (size >= least && size <= MAX_SIZE_BYTES)) return size;
  throw new S3Error("InvalidRequest", `'${name}' should be between ${least} and ${MAX_SIZE_BYTES}.`);
}

export function filtersBySize({ largerThan, smallerThan }: RuleFilter): boolean {
  return largerThan !== undefined || smallerThan !== undefined;
}

/**
 * Whether a filter matches a version. A delete marker has neither tags nor a size, so that only filters by prefix match
 * it.
 */
export function matches(filter: RuleFilter, key: string, record: ObjectRecord): boolean {
  if (!key.startsWith(filter.prefix)) return false;
  if (record.isDeleteMarker) return filter.tags.length === 0 && !filtersBySize(filter);
  const { largerThan, smallerThan, tags } = filter;
  if (largerThan !== undefined && record.sizeBytes <= largerThan) return false;
  if (smallerThan !== undefined && record.sizeBytes >= smallerThan) return false;
  return tags.every(([name, value]) => record.tags?.[name] === value);
}
