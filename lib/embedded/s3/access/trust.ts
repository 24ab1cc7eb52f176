import { evaluatePolicy } from "@/lib/policy/evaluate";
import { roleArn, rolePolicies } from "../auth/role";
import { type Identity, userBehind } from "../auth/users";
import type { Incoming } from "../protocol/incoming";
import type { RoleRecord } from "../store/records";
import { principalOf } from "./principal";
import { requestConditions } from "./request-conditions";
import { grantsTo, sessionAllows } from "./session-access";

/**
 * Whether a caller may assume a role. Root may assume every role, as it may change every trust policy. Users need an
 * Allow of the trust policy, as they have no policies of their own. A session of a role also needs its session policy to
 * allow it, and its role's policies unless the trust policy names the session or its role.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
 * @param values of the condition keys of AssumeRole: `sts:externalid`, `sts:rolesessionname`
 */
export function mayAssume(
  role: RoleRecord,
  identity: Identity,
  request: Incoming,
  values: Readonly<Record<string, string>>,
): boolean {
  if (identity.kind === "anonymous") return false;
  const session = identity.kind === "session" ? identity.session : undefined;
  if (session?.kind === "federated") return false;
  if (userBehind(identity)?.isRoot) return true;
  const asked = {
    principal: principalOf(identity),
    action: "sts:AssumeRole",
    resource: roleArn(role),
    condition: requestConditions({ request, identity, extra: values }),
  };
  const { trust } = rolePolicies(role);
  if (evaluatePolicy(trust, asked) !== "allow") return false;
  if (!session) return true;
  return sessionAllows(session, asked, trust, session.kind === "user" || grantsTo(session.behindArn, trust, asked));
}
