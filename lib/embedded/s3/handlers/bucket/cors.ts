import { compileWildcard } from "@/lib/policy/wildcard";
import { S3Error } from "../../protocol/errors";
import type { Incoming } from "../../protocol/incoming";
import { childrenOf, expectRoot, textOf, type XmlNode } from "../../protocol/xml-read";
import { leaf, tag, xmlDocument } from "../../protocol/xml-write";
import type { BucketRecord, CorsRule } from "../../store/database/records";

const METHODS = new Set(["GET", "PUT", "POST", "DELETE", "HEAD"]);
const MAX_RULES = 100;

/**
 * Reads a CORSConfiguration.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
 * @throws S3Error MalformedXML, InvalidRequest
 */
export function parseCors(xml: string): readonly CorsRule[] {
  const rules = childrenOf(expectRoot(xml, "CORSConfiguration"), "CORSRule").map(parseRule);
  if (rules.length === 0 || rules.length > MAX_RULES) throw new S3Error("MalformedXML");
  return rules;
}

function parseRule(node: XmlNode): CorsRule {
  const texts = (name: string) => childrenOf(node, name).map((one) => one.text);
  const [origins, methods, headers] = [texts("AllowedOrigin"), texts("AllowedMethod"), texts("AllowedHeader")];
  if (origins.length === 0 || methods.length === 0) throw new S3Error("MalformedXML");
  const badMethod = methods.find((method) => !METHODS.has(method));
  if (badMethod !== undefined) {
    throw new S3Error(
      "InvalidRequest",
      `Found unsupported HTTP method in CORS config. Unsupported method is ${badMethod}`,
    );
  }
  for (const [name, values] of [
    ["AllowedOrigin", origins],
    ["AllowedHeader", headers],
  ] as const) {
    const wild = values.find((value) => value.split("*").length > 2);
    if (wild !== undefined)
      throw new S3Error("InvalidRequest", `${name} "${wild}" can not have more than one wildcard.`);
  }
  const age = textOf(node, "MaxAgeSeconds");
  if (age !== undefined && !/^\d{1,9}$/.test(age)) throw new S3Error("MalformedXML");
  const id = textOf(node, "ID");
  return {
    ...(id !== undefined && { id }),
    origins,
    methods,
    headers,
    expose: texts("ExposeHeader"),
    ...(age !== undefined && { maxAgeSeconds: Number(age) }),
  };
}

export function renderCors(rules: readonly CorsRule[]): string {
  const each = (name: string, values: readonly string[]) => values.map((value) => leaf(name, value)).join("");
  const rendered = rules.map((rule) =>
    tag(
      "CORSRule",
      leaf("ID", rule.id),
      each("AllowedOrigin", rule.origins),
      each("AllowedMethod", rule.methods),
      each("AllowedHeader", rule.headers),
      each("ExposeHeader", rule.expose),
      leaf("MaxAgeSeconds", rule.maxAgeSeconds),
    ),
  );
  return xmlDocument("CORSConfiguration", ...rendered);
}

/** The answer to a preflight. @throws S3Error AccessForbidden, InvalidRequest without the headers of a preflight */
export function preflight(request: Incoming, bucket: BucketRecord | undefined): Record<string, string> {
  const origin = request.header("origin");
  const method = request.header("access-control-request-method");
  if (origin === undefined || method === undefined) {
    throw new S3Error("InvalidRequest", "Insufficient information. Origin request header needed.");
  }
  if (!bucket?.cors) throw new S3Error("AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.");
  const asked = (request.header("access-control-request-headers") ?? "")
    .split(",")
    .flatMap((name) => name.trim().toLowerCase() || []);
  const rule = bucket.cors.find(
    (one) => matchesOrigin(one, origin) && one.methods.includes(method) && allowsHeaders(one, asked),
  );
  if (!rule) throw new S3Error("AccessForbidden");
  return {
    ...ruleHeaders(rule, origin),
    ...(asked.length > 0 && { "access-control-allow-headers": asked.join(", ") }),
    ...(rule.maxAgeSeconds !== undefined && { "access-control-max-age": String(rule.maxAgeSeconds) }),
  };
}

/** CORS headers of an answer, also of errors; only `Vary` when no rule matches, none without rules. */
export function corsHeaders(request: Incoming, bucket: BucketRecord | undefined): Record<string, string> {
  if (!bucket?.cors) return {};
  const vary = { vary: VARY };
  const origin = request.header("origin");
  if (origin === undefined) return vary;
  const rule = bucket.cors.find((one) => matchesOrigin(one, origin) && one.methods.includes(request.method));
  return rule ? ruleHeaders(rule, origin) : vary;
}

const VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

function ruleHeaders(rule: CorsRule, origin: string): Record<string, string> {
  const any = rule.origins.includes("*");
  return {
    "access-control-allow-origin": any ? "*" : origin,
    ...(!any && { "access-control-allow-credentials": "true" }),
    "access-control-allow-methods": rule.methods.join(", "),
    ...(rule.expose.length > 0 && { "access-control-expose-headers": rule.expose.join(", ") }),
    vary: VARY,
  };
}

function matchesOrigin(rule: CorsRule, origin: string): boolean {
  return rule.origins.some((pattern) => compileWildcard(pattern).test(origin));
}

function allowsHeaders(rule: CorsRule, asked: readonly string[]): boolean {
  return asked.every((name) => rule.headers.some((pattern) => compileWildcard(pattern, true).test(name)));
}
