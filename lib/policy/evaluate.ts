import type { Statement } from "./document";
import { parseVariable, SPECIAL, VARIABLE } from "./variables";
import { compileWildcard, literally } from "./wildcard";

/** A caller as policies name it. */
export interface Principal {
  readonly arn: string;
  /** Of a session: the role or user it was made from, whose name stands for it, too. */
  readonly behindArn?: string;
  /** The ARN has a name that somebody made up who has no say over the resource: an Allow to that name is not for them. */
  readonly isSelfNamed?: boolean;
  readonly accountId: string;
}

/** One question to a policy. */
export interface AccessRequest {
  /** `undefined` is anonymous. */
  readonly principal: Principal | undefined;
  readonly action: string;
  /** `arn:aws:s3:::bucket` or `arn:aws:s3:::bucket/key`. */
  readonly resource: string;
  /** Values of a condition key (lower case) in this request, `undefined` without it. */
  condition(key: string): readonly string[] | undefined;
}

/** No key, header or parameter holds it. */
const NOTHING = "\u0000";

export type Verdict = "allow" | "deny" | "none";

/**
 * Asks a policy: any Deny that applies wins, then any Allow.
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

/** A statement of an identity's policy has no principals: it applies to its bearer. */
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

/** An ARN without account means ours, as Ceph writes them. */
export function completeArn(arn: string, accountId: string): string {
  return arn.replace(/^(arn:aws:(?:iam|sts)::):/, `$1${accountId}:`);
}

/**
 * `${aws:username}` and the like, with a default as in `${aws:username, 'nobody'}`; a variable without value makes a text
 * nothing equals. What a variable stands for is text: an asterisk in it is no wildcard.
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
