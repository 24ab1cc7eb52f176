import { policyExpired } from "../body/deadline";
import { S3Error } from "../protocol/errors";

/**
 * The policy of a presigned POST.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
export interface PostPolicy {
  /** Milliseconds. */
  readonly expiresAt: number;
  readonly conditions: readonly PostCondition[];
}

type PostCondition =
  | { readonly kind: "eq" | "starts-with"; readonly field: string; readonly value: string }
  | { readonly kind: "content-length-range"; readonly min: number; readonly max: number };

/** Fields that need no condition. */
const exempt = new Set(["x-amz-signature", "file", "policy"]);

/** Parses the policy of a form. @throws S3Error InvalidPolicyDocument */
export function parsePostPolicy(base64: string): PostPolicy {
  const compact = base64.replace(/[\r\n]/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) throw invalid("Invalid Base64 Encoding.");
  let parsed: unknown;
  try {
    parsed = JSON.parse(withPlainDollars(Buffer.from(compact, "base64").toString("utf8")));
  } catch {
    throw invalid("Invalid JSON.");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw invalid("Invalid JSON.");
  const { expiration, conditions, ...others } = parsed as Record<string, unknown>;
  const [unexpected] = Object.keys(others);
  if (unexpected !== undefined) throw invalid(`Unexpected: '${unexpected}'`);
  if (typeof expiration !== "string") throw invalid("Policy missing expiration.");
  const expiresAt = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(expiration)
    ? Date.parse(expiration)
    : Number.NaN;
  if (Number.isNaN(expiresAt)) throw invalid("Invalid 'expiration' value.");
  if (!Array.isArray(conditions)) throw invalid("Policy missing conditions.");
  return { expiresAt, conditions: conditions.flatMap(parseCondition) };
}

/** S3 lets policies write a dollar sign as `\$`, which JSON does not know. */
function withPlainDollars(json: string): string {
  return json.replace(/\\(.)/gs, (whole, char: string) => (char === "$" ? "$" : whole));
}

function parseCondition(source: unknown): PostCondition[] {
  if (Array.isArray(source)) return [parseTriple(source)];
  if (typeof source !== "object" || source === null) throw invalid("Invalid condition.");
  const entries = Object.entries(source);
  if (entries.length !== 1)
    throw invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.");
  return entries.map(([field, value]) => {
    if (typeof value !== "string") throw invalid("Invalid Simple-Condition: value must be a string.");
    return { kind: "eq", field: field.toLowerCase(), value };
  });
}

function parseTriple([operator, first, second, ...more]: unknown[]): PostCondition {
  const kind = typeof operator === "string" ? operator.toLowerCase() : "";
  if (more.length > 0 || first === undefined || second === undefined)
    throw invalid("Invalid condition: wrong number of arguments.");
  if (kind === "content-length-range") {
    const [min, max] = [byteCount(first), byteCount(second)];
    if (min > max) throw invalid("Invalid content-length-range.");
    return { kind, min, max };
  }
  if (kind !== "eq" && kind !== "starts-with") throw invalid(`Invalid condition: unknown operation '${kind}'.`);
  if (typeof first !== "string" || !first.startsWith("$") || typeof second !== "string")
    throw invalid("Invalid condition.");
  return { kind, field: first.slice(1).toLowerCase(), value: second };
}

function byteCount(value: unknown): number {
  const count = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0)
    throw invalid("Invalid content-length-range.");
  return count;
}

/** Bounds of the file's size that the policy sets, in bytes. */
export interface SizeBounds {
  readonly minBytes: number;
  readonly maxBytes: number;
}

/**
 * Checks a form against its policy: every condition must hold, and every field must have a condition.
 * @param fields by lower-case name, `${filename}` already replaced, `bucket` being the bucket addressed
 * @param now milliseconds
 * @throws S3Error AccessDenied naming the condition that failed
 */
export function checkPostPolicy(policy: PostPolicy, fields: ReadonlyMap<string, string>, now: number): SizeBounds {
  if (now >= policy.expiresAt) throw policyExpired();
  const covered = new Set(exempt);
  let [minBytes, maxBytes] = [0, Number.POSITIVE_INFINITY];
  for (const condition of policy.conditions) {
    if (condition.kind === "content-length-range") {
      minBytes = Math.max(minBytes, condition.min);
      maxBytes = Math.min(maxBytes, condition.max);
      continue;
    }
    covered.add(condition.field);
    if (!holds(condition, fields.get(condition.field))) {
      throw denied(`Policy Condition failed: ["${condition.kind}", "$${condition.field}", "${condition.value}"]`);
    }
  }
  const uncovered = [...fields.keys()].filter((name) => !covered.has(name) && !name.startsWith("x-ignore-"));
  if (uncovered.length > 0) throw denied(`Extra input fields: ${uncovered.join(", ")}`);
  return { minBytes, maxBytes };
}

/** An absent field counts as empty, so that `starts-with ""` allows any value. In a list of content types each entry must match. */
function holds(condition: { kind: "eq" | "starts-with"; field: string; value: string }, actual = ""): boolean {
  if (condition.kind === "eq") return actual === condition.value;
  if (condition.field !== "content-type") return actual.startsWith(condition.value);
  return actual.split(",").every((type) => type.trimStart().startsWith(condition.value));
}

function invalid(reason: string): S3Error {
  return new S3Error("InvalidPolicyDocument", `Invalid Policy: ${reason}`);
}

function denied(reason: string): S3Error {
  return new S3Error("AccessDenied", `Invalid according to Policy: ${reason}`);
}
