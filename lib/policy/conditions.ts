import { isIP } from "node:net";
import { type Cidr, inCidr, parseCidr } from "./cidr";
import { PolicyError } from "./error";
import { variablesIn } from "./variables";
import { compileWildcard } from "./wildcard";

/**
 * Condition operators of policies.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export interface Condition {
  readonly key: string;
  readonly operator: string;
  readonly expected: readonly string[];
  /** @param actual values of the key in the request, `undefined` without it */
  holds(actual: readonly string[] | undefined, substitute: Substitute): boolean;
}

/** Replaces variables by their values. @param isPattern whether asterisks and question marks of the text are wildcards */
type Substitute = (text: string, isPattern: boolean) => string;

type Test = (actual: string, expected: string) => boolean;

const number = (text: string) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN);
const date = (text: string) => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text));
const like: Test = (actual, expected) => compileWildcard(expected).test(actual);
const equal: Test = (actual, expected) => actual === expected;
const anyCase: Test = (actual, expected) => actual.toLowerCase() === expected.toLowerCase();
const compare = (read: (text: string) => number, test: (a: number, b: number) => boolean): Test => {
  return (actual, expected) => test(read(actual), read(expected));
};
const address: Test = (actual, expected) => isIP(actual) !== 0 && inCidr(actual, parseCidr(expected) as Cidr);

const operators: Record<string, { test: Test; negated?: boolean; valid?: (expected: string) => boolean }> = {
  StringEquals: { test: equal },
  StringNotEquals: { test: equal, negated: true },
  StringEqualsIgnoreCase: { test: anyCase },
  StringNotEqualsIgnoreCase: { test: anyCase, negated: true },
  StringLike: { test: like },
  StringNotLike: { test: like, negated: true },
  ArnEquals: { test: like },
  ArnLike: { test: like },
  ArnNotEquals: { test: like, negated: true },
  ArnNotLike: { test: like, negated: true },
  Bool: { test: anyCase, valid: (text) => /^(true|false)$/i.test(text) },
  IpAddress: { test: address, valid: (text) => parseCidr(text) !== undefined },
  NotIpAddress: { test: address, negated: true, valid: (text) => parseCidr(text) !== undefined },
};
for (const [kind, read] of [
  ["Numeric", number],
  ["Date", date],
] as const) {
  const valid = (text: string) => !Number.isNaN(read(text));
  operators[`${kind}Equals`] = { test: compare(read, (a, b) => a === b), valid };
  operators[`${kind}NotEquals`] = { test: compare(read, (a, b) => a === b), negated: true, valid };
  operators[`${kind}LessThan`] = { test: compare(read, (a, b) => a < b), valid };
  operators[`${kind}LessThanEquals`] = { test: compare(read, (a, b) => a <= b), valid };
  operators[`${kind}GreaterThan`] = { test: compare(read, (a, b) => a > b), valid };
  operators[`${kind}GreaterThanEquals`] = { test: compare(read, (a, b) => a >= b), valid };
}

/** Keys whose value is known in requests, or known to be absent (VPCs, organisations, TLS versions). */
const knownKeys = new Set(
  `aws:referer aws:sourceip aws:securetransport aws:useragent aws:currenttime aws:epochtime aws:principalarn
  aws:principalaccount aws:principaltype aws:userid aws:username aws:sourcevpc aws:sourcevpce aws:sourcearn
  aws:sourceaccount aws:principalorgid aws:vpcsourceip aws:multifactorauthpresent aws:multifactorauthage
  aws:principalisawsservice aws:viaawsservice aws:tokenissuetime
  s3:prefix s3:delimiter s3:max-keys s3:signatureage s3:authtype s3:signatureversion s3:versionid s3:x-amz-acl
  s3:x-amz-content-sha256 s3:x-amz-copy-source s3:x-amz-metadata-directive s3:x-amz-storage-class
  s3:x-amz-server-side-encryption s3:x-amz-server-side-encryption-customer-algorithm s3:x-amz-grant-read s3:x-amz-grant-read-acp s3:x-amz-grant-write
  s3:x-amz-grant-write-acp s3:x-amz-grant-full-control
  s3:x-amz-object-ownership s3:x-amz-website-redirect-location s3:resourceaccount s3:tlsversion s3:if-match
  s3:if-none-match s3:requestobjecttagkeys`.split(/\s+/),
);
/** Keys of AssumeRole, for policies that can contain its actions. */
const stsKeys = new Set(["sts:externalid", "sts:rolesessionname"]);
const knownPrefixes = ["s3:existingobjecttag/", "s3:requestobjecttag/", "aws:principaltag/"];

/**
 * Parses the Condition element of a statement.
 * @param aboutSts whether the policy can contain actions of STS, and so their keys
 * @throws PolicyError for an operator, key or value that could not be enforced
 */
export function parseConditions(source: unknown, aboutSts = false): readonly Condition[] {
  if (source === undefined) return [];
  if (typeof source !== "object" || source === null || Array.isArray(source))
    throw new PolicyError("Invalid Condition");
  return Object.entries(source).flatMap(([operator, byKey]: [string, unknown]) => {
    if (typeof byKey !== "object" || byKey === null || Array.isArray(byKey)) throw new PolicyError("Invalid Condition");
    return Object.entries(byKey).map(([key, values]: [string, unknown]) => {
      if (!isKnownKey(key.toLowerCase(), aboutSts))
        throw new PolicyError(`Policy has an invalid condition key: ${key}`);
      return parseCondition(operator, key, values, aboutSts);
    });
  });
}

function isKnownKey(key: string, aboutSts: boolean): boolean {
  return knownKeys.has(key) || (aboutSts && stsKeys.has(key)) || knownPrefixes.some((prefix) => key.startsWith(prefix));
}

/** @throws PolicyError for a variable that could never have a value */
export function assertVariables(texts: readonly string[], aboutSts: boolean): void {
  const unknown = texts.flatMap(variablesIn).find((name) => !isKnownKey(name, aboutSts));
  if (unknown !== undefined) throw new PolicyError(`Policy has an invalid variable: ${unknown}`);
}

function parseCondition(operator: string, name: string, values: unknown, aboutSts: boolean): Condition {
  const key = name.toLowerCase();
  const expected = (Array.isArray(values) ? values : [values]).map((value) => {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
      throw new PolicyError("Invalid Condition");
    return String(value);
  });
  assertVariables(expected, aboutSts);
  const [, quantifier, base = "", ifExists] =
    /^(ForAllValues:|ForAnyValue:)?([A-Za-z]+?)(IfExists)?$/.exec(operator) ?? [];
  if (base === "Null" && !quantifier && !ifExists) return nullCondition(key, expected);
  const found = Object.hasOwn(operators, base) ? operators[base] : undefined;
  if (!found) throw new PolicyError(`Invalid Condition type : ${operator}`);
  const { test, negated = false, valid } = found;
  if (valid && !expected.every(valid)) throw new PolicyError(`Invalid value for ${operator}`);
  const one = (actual: string, wanted: readonly string[]) => wanted.some((value) => test(actual, value)) !== negated;
  return {
    key,
    operator,
    expected,
    holds(actual, substitute) {
      const wanted = expected.map((text) => substitute(text, test === like));
      if (quantifier === "ForAllValues:") return (actual ?? []).every((value) => one(value, wanted));
      if (actual === undefined || actual.length === 0)
        return ifExists !== undefined || (negated && quantifier === undefined);
      return quantifier || !negated
        ? actual.some((value) => one(value, wanted))
        : actual.every((value) => one(value, wanted));
    },
  };
}

/** `Null: true` holds when the key is absent. */
function nullCondition(key: string, expected: readonly string[]): Condition {
  if (!expected.every((value) => /^(true|false)$/i.test(value))) throw new PolicyError("Invalid value for Null");
  const holds = (actual: readonly string[] | undefined) => {
    return expected.some((value) => (value.toLowerCase() === "true") === (actual === undefined));
  };
  return { key, operator: "Null", expected, holds };
}
