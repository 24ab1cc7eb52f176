import { assertVariables, type Condition, parseConditions } from "./conditions";
import { PolicyError } from "./error";

/** A checked statement. Exactly one of each pair (`actions`/`notActions`, …) is present. */
export interface Statement {
  readonly effect: "Allow" | "Deny";
  readonly principals?: readonly string[];
  readonly notPrincipals?: readonly string[];
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly resources?: readonly string[];
  readonly notResources?: readonly string[];
  readonly conditions: readonly Condition[];
  /** In policies of the first version, 2008-10-17, variables are plain text. */
  readonly hasVariables: boolean;
}

/**
 * What kind of policy: a bucket's names principals and its own bucket, a role's trust policy names principals alone, an
 * identity's (a role's or a session's) names resources of any bucket.
 */
export type PolicyKind = { readonly bucket: string } | "trust" | "identity";

const MAX_POLICY_BYTES = 20 * 1024;
const statementFields = new Set([
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
]);

/**
 * Parses and checks a policy. A field, operator or condition key that could not be enforced is rejected, not ignored.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html
 * @throws PolicyError with the reason
 */
export function parsePolicy(json: string, kind: PolicyKind): readonly Statement[] {
  if (Buffer.byteLength(json) > MAX_POLICY_BYTES) throw new PolicyError("Policy exceeds the maximum size of 20 KB");
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    throw new PolicyError("Policies must be valid JSON and the first byte must be '{'");
  }
  const document = record(parsed, "Policy is no JSON object");
  if (repeatsNames(json, parsed)) throw new PolicyError("Policy has a field that is given twice");
  const extra = Object.keys(document).find((name) => !["Version", "Id", "Statement"].includes(name));
  if (extra) throw new PolicyError(`Unknown field ${extra}`);
  if (document.Version !== undefined && document.Version !== "2012-10-17" && document.Version !== "2008-10-17") {
    throw new PolicyError("The policy must contain a valid version string");
  }
  const statements = Array.isArray(document.Statement) ? document.Statement : [document.Statement];
  if (statements.length === 0) throw new PolicyError("Missing required field Statement");
  const hasVariables = document.Version === "2012-10-17";
  return statements.map((one) => {
    return { ...parseStatement(record(one, "Missing required field Statement"), kind), hasVariables };
  });
}

/** JSON.parse silently drops the first of two equal names, and a condition with it. */
function repeatsNames(json: string, parsed: unknown): boolean {
  const names = [...json.matchAll(/"(?:[^"\\]|\\.)*"\s*(:?)/gs)].filter(([, colon]) => colon === ":");
  return names.length !== countNames(parsed);
}

function countNames(document: unknown): number {
  let count = 0;
  const waiting = [document];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null) continue;
    if (!Array.isArray(value)) count += Object.keys(value).length;
    waiting.push(...Object.values(value));
  }
  return count;
}

function parseStatement(source: Record<string, unknown>, kind: PolicyKind): Omit<Statement, "hasVariables"> {
  const unknown = Object.keys(source).find((name) => !statementFields.has(name));
  if (unknown) throw new PolicyError(`Unknown field ${unknown}`);
  const { Effect: effect } = source;
  if (effect !== "Allow" && effect !== "Deny") throw new PolicyError("Invalid effect");
  const actions = pair(source, "Action", (names) => names.map((name) => checkAction(name, kind)));
  const resources =
    kind === "trust" ? without(source, "Resource") : pair(source, "Resource", (names) => checkResources(names, kind));
  const principals = kind === "identity" ? without(source, "Principal") : pair(source, "Principal", (names) => names);
  return {
    effect,
    conditions: parseConditions(source.Condition, typeof kind === "string"),
    ...(principals.positive && { principals: principals.positive }),
    ...(principals.negative && { notPrincipals: principals.negative }),
    ...(actions.positive && { actions: actions.positive }),
    ...(actions.negative && { notActions: actions.negative }),
    ...(resources.positive && { resources: resources.positive }),
    ...(resources.negative && { notResources: resources.negative }),
  };
}

type Pair = { positive?: string[]; negative?: string[] };

function pair(source: Record<string, unknown>, name: string, check: (values: string[]) => string[]): Pair {
  const [positive, negative] = [source[name], source[`Not${name}`]];
  if ((positive === undefined) === (negative === undefined)) throw new PolicyError(`Missing required field ${name}`);
  const values = check(
    name === "Principal" ? principalNames(positive ?? negative) : strings(positive ?? negative, name),
  );
  return positive === undefined ? { negative: values } : { positive: values };
}

function without(source: Record<string, unknown>, name: string): Pair {
  if (source[name] !== undefined || source[`Not${name}`] !== undefined)
    throw new PolicyError(`Policy must not contain ${name}`);
  return {};
}

/**
 * `"*"`, `{"AWS": "*"}` or `{"AWS": [arn, …]}`; services and federated identities never match here. Wildcards within ARNs
 * are rejected as by AWS, and canonical ids because they would never match.
 */
function principalNames(value: unknown): string[] {
  if (value === "*") return ["*"];
  const byType = record(value, "Invalid principal in policy");
  return Object.entries(byType).flatMap(([type, names]) => {
    if (!["AWS", "Service", "Federated"].includes(type)) throw new PolicyError("Invalid principal in policy");
    const list = strings(names, "Principal");
    if (type !== "AWS") return list.map((name) => `${type}:${name}`);
    if (list.some((name) => name !== "*" && !/^(arn:aws:(iam|sts)::\d*:[^*?]+|\d{12})$/.test(name))) {
      throw new PolicyError("Invalid principal in policy");
    }
    return list;
  });
}

/** A role's and a session's policies may name actions of STS: a session may assume a further role. */
function checkAction(action: string, kind: PolicyKind): string {
  const services = kind === "trust" ? "sts" : kind === "identity" ? "s3|sts" : "s3";
  const isAny = action === "*" && kind !== "trust";
  if (!isAny && !new RegExp(`^(${services}):[A-Za-z*?]+$`, "i").test(action)) {
    throw new PolicyError(`Policy has invalid action: ${action}`);
  }
  return action;
}

function checkResources(resources: string[], kind: PolicyKind): string[] {
  for (const resource of resources) {
    const bucket = /^arn:aws:s3:::([^/]+)(\/.*)?$/s.exec(resource)?.[1];
    const isRole = /^arn:aws:iam::(\d{12}|\*?):role\/.+$/s.test(resource);
    const fits = typeof kind === "object" ? bucket === kind.bucket : bucket !== undefined || isRole || resource === "*";
    if (!fits) throw new PolicyError("Policy has invalid resource");
  }
  assertVariables(resources, typeof kind === "string");
  return resources;
}

function strings(value: unknown, field: string): string[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0 || !list.every((one) => typeof one === "string" && one !== ""))
    throw new PolicyError(`Invalid ${field}`);
  return list as string[];
}

function record(value: unknown, reason: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new PolicyError(reason);
  return value as Record<string, unknown>;
}
