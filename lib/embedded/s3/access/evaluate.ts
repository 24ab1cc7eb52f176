import type { Statement } from "./policy-document";
import { compileWildcard } from "./wildcard";

/** A caller as policies name it. */
export interface Principal {
  readonly arn: string;
  /** Of a session: the role or user it was made from, whose name stands for it, too. */
  readonly behindArn?: string;
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
  const substitute = (text: string) => substituteVariables(text, request);
  const action = (pattern: string) => compileWildcard(pattern, true).test(request.action);
  const resource = (pattern: string) => pattern === "*" || compileWildcard(substitute(pattern)).test(request.resource);
  return (
    matches(statement.principals, statement.notPrincipals, (name) => isPrincipal(name, request)) &&
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
function isPrincipal(name: string, { principal }: AccessRequest): boolean {
  if (name === "*") return true;
  if (!principal) return false;
  const { arn, behindArn, accountId } = principal;
  if (name === accountId || name === `arn:aws:iam::${accountId}:root`) return true;
  const full = completeArn(name, accountId);
  return full === arn || full === behindArn;
}

/** An ARN without account means ours, as Ceph writes them. */
export function completeArn(arn: string, accountId: string): string {
  return arn.replace(/^(arn:aws:(?:iam|sts)::):/, `$1${accountId}:`);
}

/** `${aws:username}` and the like; a variable without value makes a pattern nothing matches. */
function substituteVariables(text: string, request: AccessRequest): string {
  if (!text.includes("${")) return text;
  return text.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name === "*" || name === "?" || name === "$") return name;
    return request.condition(name.toLowerCase())?.[0] ?? "\u0000";
  });
}
