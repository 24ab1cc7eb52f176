import type { Statement } from "@/lib/policy/document";
import { type AccessRequest, completeArn, evaluatePolicy, type Verdict } from "@/lib/policy/evaluate";
import { ACCOUNT_ID, type Identity, identityPolicies } from "../auth/users";

/**
 * Whether a caller may do what is asked: what the policies of its role or limited user allow, or the resource grants to its
 * role or user, for a session limited by its own policy; and, without that limit, what the resource grants to the session's
 * own ARN. A Deny of any of the policies wins. A grant to all principals or to the account counts as one to the role or user.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 * @param resourcePolicy the bucket's policy, or the trust policy of a role
 * @param granted whether the resource grants it to the role or user, without a Deny
 */
export function identityVerdict(
  identity: Identity,
  asked: AccessRequest,
  resourcePolicy: readonly Statement[],
  granted: boolean,
): Verdict {
  const session = identity.kind === "session" ? identity.session : undefined;
  const limit = session?.policy ? evaluatePolicy(session.policy, asked) : "allow";
  const policies = identityPolicies(identity);
  const given = policies ? evaluatePolicy(policies, asked) : "none";
  if (limit === "deny" || given === "deny") return "deny";
  if (session && grantsTo(session.arn, resourcePolicy, asked)) return "allow";
  return limit === "allow" && (given === "allow" || granted) ? "allow" : "none";
}

/** Whether a policy has an Allow of what is asked that names exactly this ARN. Its Denies are not considered. */
export function grantsTo(arn: string, policy: readonly Statement[], asked: AccessRequest): boolean {
  const naming = policy.filter(
    ({ effect, principals }) => effect === "Allow" && principals?.some((name) => completeArn(name, ACCOUNT_ID) === arn),
  );
  return evaluatePolicy(naming, asked) === "allow";
}
