import { S3Error } from "../protocol/errors";
import { child, childrenOf, expectRoot, parseXml, renderXml, textOf, type XmlNode } from "../protocol/xml-read";
import { leaf, tag } from "../protocol/xml-write";
import { newId } from "../store/database/ids";
import type { BucketRecord } from "../store/database/records";
import { readActions } from "./actions";
import { requireElements } from "./elements";
import { readFilter } from "./filter";
import type { LifecycleRule } from "./rule";

const MAX_RULES = 1000;
const MAX_ID_LENGTH = 255;
const actions = ["Expiration", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"];
const elements = ["ID", "Status", "Prefix", "Filter", ...actions];

/**
 * Checks a LifecycleConfiguration.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
 * @returns its rules as XML, to be given back as they were put; those without an ID are given one, as S3 does
 * @throws S3Error MalformedXML, InvalidArgument, InvalidRequest, InvalidTag; NotImplemented for transitions
 */
export function parseLifecycle(xml: string): string {
  const root = expectRoot(xml, "LifecycleConfiguration");
  requireElements(root, ["Rule"], ["Rule"]);
  const { children: rules } = root;
  if (rules.length === 0 || rules.length > MAX_RULES) throw new S3Error("MalformedXML");
  const ids = rules.map(readRule).flatMap(({ id }) => id || []);
  if (new Set(ids).size !== ids.length)
    throw new S3Error("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule");
  if (rules.some((rule) => child(rule, "Prefix")) && rules.some((rule) => child(rule, "Filter"))) {
    throw new S3Error(
      "InvalidRequest",
      "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.",
    );
  }
  return rules.map(withId).join("");
}

function withId(rule: XmlNode): string {
  const rest = rule.children.filter(({ name }) => name !== "ID").map(renderXml);
  return textOf(rule, "ID") ? renderXml(rule) : tag("Rule", leaf("ID", newId()), ...rest);
}

function readRule(rule: XmlNode): LifecycleRule {
  const transition = rule.children.find(({ name }) => /^(NoncurrentVersion)?Transition$/.test(name));
  if (transition) {
    throw new S3Error("NotImplemented", `${transition.name} is not implemented: STANDARD is the only storage class.`);
  }
  requireElements(rule, elements);
  const [id = "", status] = [textOf(rule, "ID"), textOf(rule, "Status")];
  if (id.length > MAX_ID_LENGTH)
    throw new S3Error("InvalidArgument", `ID length should not exceed allowed limit of ${MAX_ID_LENGTH}`);
  if (status !== "Enabled" && status !== "Disabled") throw new S3Error("MalformedXML");
  const filter = readFilter(rule);
  return { id, isEnabled: status === "Enabled", filter, ...readActions(rule, filter) };
}

const known = new WeakMap<BucketRecord, readonly LifecycleRule[]>();

/** The enabled rules of a bucket, parsed once for each state of the bucket, as every answer about an object needs them. */
export function rulesOf(bucket: BucketRecord): readonly LifecycleRule[] {
  if (bucket.lifecycle === undefined) return [];
  const before = known.get(bucket);
  if (before) return before;
  const all = childrenOf(parseXml(`<Rules>${bucket.lifecycle}</Rules>`), "Rule").map(readRule);
  const rules = all.filter((rule) => rule.isEnabled);
  known.set(bucket, rules);
  return rules;
}
