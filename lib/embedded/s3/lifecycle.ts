import { S3Error } from "./errors";
import { child, childrenOf, expectRoot, renderXml, textOf, type XmlNode } from "./xml-read";

const MAX_RULES = 1000;
const ruleElements = new Set([
  "ID",
  "Status",
  "Prefix",
  "Filter",
  "Expiration",
  "NoncurrentVersionExpiration",
  "AbortIncompleteMultipartUpload",
]);

/**
 * Checks a LifecycleConfiguration.
 * @returns its rules as XML, to be given back word by word
 * @throws S3Error MalformedXML, InvalidArgument; NotImplemented for transitions, as there is one storage class
 */
export function parseLifecycle(xml: string): string {
  const rules = childrenOf(expectRoot(xml, "LifecycleConfiguration"), "Rule");
  if (rules.length === 0 || rules.length > MAX_RULES) throw new S3Error("MalformedXML");
  rules.forEach(checkRule);
  const ids = rules.flatMap((rule) => textOf(rule, "ID") ?? []);
  if (new Set(ids).size !== ids.length)
    throw new S3Error("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule");
  return rules.map(renderXml).join("");
}

function checkRule(rule: XmlNode): void {
  const stranger = rule.children.find((node) => !ruleElements.has(node.name));
  if (stranger?.name.endsWith("Transition"))
    throw new S3Error("NotImplemented", "There is one storage class: transitions are not implemented.");
  if (stranger) throw new S3Error("MalformedXML");
  if ((textOf(rule, "ID") ?? "").length > 255)
    throw new S3Error("InvalidArgument", "ID length should not exceed allowed limit of 255");
  const status = textOf(rule, "Status");
  if (status !== "Enabled" && status !== "Disabled") throw new S3Error("MalformedXML");
  if ((child(rule, "Filter") === undefined) === (child(rule, "Prefix") === undefined))
    throw new S3Error("MalformedXML");
  const actions = ["Expiration", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"].flatMap(
    (name) => child(rule, name) ?? [],
  );
  if (actions.length === 0) throw new S3Error("InvalidRequest", "At least one action needs to be specified in a rule.");
  for (const days of actions.flatMap((action) =>
    action.children.filter((node) => node.name.endsWith("Days") || node.name === "DaysAfterInitiation"),
  )) {
    if (!/^[1-9]\d{0,9}$/.test(days.text))
      throw new S3Error("InvalidArgument", `'${days.name}' for a lifecycle action must be a positive integer`);
  }
}
