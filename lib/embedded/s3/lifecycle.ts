import { S3Error } from "./errors";
import { child, childrenOf, expectRoot, parseXml, renderXml, textOf, type XmlNode } from "./xml-read";

const MAX_RULES = 1000;
const ruleElements = new Set(["ID", "Status", "Prefix", "Filter", "AbortIncompleteMultipartUpload"]);
const notCarriedOut = /^(Expiration|Transition|NoncurrentVersion(Expiration|Transition))$/;

/**
 * Checks a LifecycleConfiguration.
 * @returns its rules as XML, to be given back word by word
 * @throws S3Error MalformedXML, InvalidArgument; NotImplemented for actions that would not be carried out
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
  if (stranger && notCarriedOut.test(stranger.name)) {
    throw new S3Error("NotImplemented", `${stranger.name} is not implemented; AbortIncompleteMultipartUpload is.`);
  }
  if (stranger) throw new S3Error("MalformedXML");
  if ((textOf(rule, "ID") ?? "").length > 255)
    throw new S3Error("InvalidArgument", "ID length should not exceed allowed limit of 255");
  const status = textOf(rule, "Status");
  if (status !== "Enabled" && status !== "Disabled") throw new S3Error("MalformedXML");
  if ((child(rule, "Filter") === undefined) === (child(rule, "Prefix") === undefined))
    throw new S3Error("MalformedXML");
  const filter = child(rule, "Filter");
  if (filter?.children.some((node) => node.name !== "Prefix")) {
    throw new S3Error("InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags or sizes.");
  }
  const abort = child(rule, "AbortIncompleteMultipartUpload");
  if (!abort) throw new S3Error("InvalidRequest", "At least one action needs to be specified in a rule.");
  if (!/^[1-9]\d{0,9}$/.test(textOf(abort, "DaysAfterInitiation") ?? "")) {
    throw new S3Error(
      "InvalidArgument",
      "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
    );
  }
}

/** The enabled rules that abort stale multipart uploads, out of a checked configuration. */
export function abortRules(
  lifecycle: string | undefined,
): readonly { readonly prefix: string; readonly days: number }[] {
  if (lifecycle === undefined) return [];
  return childrenOf(parseXml(`<Rules>${lifecycle}</Rules>`), "Rule").flatMap((rule) => {
    const days = Number(textOf(child(rule, "AbortIncompleteMultipartUpload"), "DaysAfterInitiation"));
    const prefix = textOf(child(rule, "Filter"), "Prefix") ?? textOf(rule, "Prefix") ?? "";
    return textOf(rule, "Status") === "Enabled" && days > 0 ? [{ prefix, days }] : [];
  });
}
