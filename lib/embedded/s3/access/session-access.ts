import type { Statement } from "@/lib/policy/document";
import { type AccessRequest, completeArn, evaluatePolicy } from "@/lib/policy/evaluate";
import type { Session } from "../auth/session";
import { ACCOUNT_ID } from "../auth/users";

/**
 * Whether a session may do what is asked: what its role's policies allow or the resource grants to its role or user,
 * limited by the session's own policy; and, without that limit, what the resource grants to the session's own ARN. A Deny
 * of any of the policies wins. A grant to all principals or to the account counts as one to the role or user.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 * @param resourcePolicy the bucket's policy, or the trust policy of a role
 * @param granted whether the resource grants it to the role or user, without a Deny
 */
export function sessionAllows(
  session: Session,
  asked: AccessRequest,
  resourcePolicy: readonly Statement[],
  granted: boolean,
): boolean {
  const own = session.policy ? evaluatePolicy(session.policy, asked) : "allow";
  const role = session.kind === "role" ? evaluatePolicy(session.rolePolicies, asked) : "none";
  if (own === "deny" || role === "deny") return false;
  if (grantsTo(session.arn, resourcePolicy, asked)) return true;
  return own === "allow" && (role === "allow" || granted);
}

/** Whether a policy has an Allow of what is asked that names exactly this ARN. Its Denies are not considered. */
export function grantsTo(arn: string, policy: readonly Statement[], asked: AccessRequest): boolean {
  const naming = policy.filter(
    ({ effect, principals }) => effect === "Allow" && principals?.some((name) => completeArn(name, ACCOUNT_ID) === arn),
  );
  return evaluatePolicy(naming, asked) === "allow";
}
