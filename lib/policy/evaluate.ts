import type { Statement } from "./document";
import { parseVariable, SPECIAL, VARIABLE } from "./variables";
import { compileWildcard, literally } from "./wildcard";

/** A caller as policies name it. */
export interface Principal {
  readonly arn: string;
  /** Of a session: the ARN of the role or user it was made from, which matches it as well. */
  readonly behindArn?: string;
  /** The name in the ARN was chosen by a caller without rights over the resource: an Allow to that name does not count. */
  readonly isSelfNamed?: boolean;
  readonly accountId: string;
}

/** What a policy is asked to decide. */
export interface AccessRequest {
  /** `undefined` is anonymous. */
  readonly principal: Principal | undefined;
  readonly action: string;
  /** `arn:aws:s3:::bucket` or `arn:aws:s3:::bucket/key`. */
  readonly resource: string;
  /** Values of a condition key (lower case) in this request, `undefined` without it. */
  condition(key: string): readonly string[] | undefined;
}

/** A value that no key, header or parameter has. */
const NOTHING = "\u0000";

export type Verdict = "allow" | "deny" | "none";

/**
 * Evaluates a policy: any Deny that applies wins, then any Allow.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluatePolicy(statements: readonly Statement[], request: AccessRequest): Verdict {
  let verdict: Verdict = "none";
  for (const statement of statements) {
    if (statement.effect === "Allow" && verdict === "allow") continue;
    if (!applies(statement, request)) continue;
    if (statement.effect === "Deny") return "deny";
    verdict = "allow";
  }
  return verdict;
}

function applies(statement: Statement, request: AccessRequest): boolean {
  const substitute = (text: string, isPattern: boolean) => {
    return statement.hasVariables ? substituteVariables(text, request, isPattern) : text;
  };
  const action = (pattern: string) => compileWildcard(pattern, true).test(request.action);
  const resource = (pattern: string) => {
    return pattern === "*" || compileWildcard(substitute(pattern, true)).test(request.resource);
  };
  return (
    matches(statement.principals, statement.notPrincipals, (name) => isPrincipal(name, request, statement.effect)) &&
    matches(statement.actions, statement.notActions, action) &&
    matches(statement.resources, statement.notResources, resource) &&
    statement.conditions.every((condition) => condition.holds(request.condition(condition.key), substitute))
  );
}

/** A statement of an identity's policy has no principals: it applies to the identity. */
function matches(
  positive: readonly string[] | undefined,
  negative: readonly string[] | undefined,
  test: (pattern: string) => boolean,
): boolean {
  if (positive) return positive.some(test);
  return negative ? !negative.some(test) : true;
}

/** An account (number or `:root`) stands for all its users and roles. */
function isPrincipal(name: string, { principal }: AccessRequest, effect: Statement["effect"]): boolean {
  if (name === "*") return true;
  if (!principal) return false;
  const { arn, behindArn, accountId } = principal;
  const full = completeArn(name, accountId);
  if (full === arn) return effect === "Deny" || !principal.isSelfNamed;
  return name === accountId || full === `arn:aws:iam::${accountId}:root` || full === behindArn;
}

/** Adds the account to an ARN without one, as Ceph writes them. */
export function completeArn(arn: string, accountId: string): string {
  return arn.replace(/^(arn:aws:(?:iam|sts)::):/, `$1${accountId}:`);
}

/**
 * `${aws:username}` and the like, with a default as in `${aws:username, 'unknown'}`; a variable without
 * value makes a text that equals nothing. An asterisk in the value of a variable is no wildcard.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
function substituteVariables(text: string, request: AccessRequest, isPattern: boolean): string {
  if (!text.includes("${")) return text;
  return text.replace(VARIABLE, (whole, inner: string) => {
    if (SPECIAL.test(inner)) return isPattern ? whole : inner;
    const { name, fallback } = parseVariable(inner);
    const value = request.condition(name)?.[0] ?? fallback ?? NOTHING;
    return isPattern ? literally(value) : value;
  });
}
