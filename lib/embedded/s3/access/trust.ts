import { evaluatePolicy } from "@/lib/policy/evaluate";
import { roleArn, rolePolicies } from "../auth/role";
import { ACCOUNT_ID, type Identity, identityPolicies, ownerBehind, userArn } from "../auth/users";
import type { Incoming } from "../protocol/incoming";
import type { RoleRecord } from "../store/database/records";
import { grantsTo, identityVerdict } from "./identity-access";
import { principalOf } from "./principal";
import { requestConditions } from "./request-conditions";

/**
 * Whether a caller may assume a role. Root may assume every role, as it may change every trust policy. Users need an
 * Allow of the trust policy. Limited users and sessions of roles also need their policies to allow it, unless the trust
 * policy names the user, the session or its role; sessions need their session policy to allow it, too.
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
  if (ownerBehind(identity)?.isRoot) return true;
  const asked = {
    principal: principalOf(identity),
    action: "sts:AssumeRole",
    resource: roleArn(role),
    condition: requestConditions({ request, identity, extra: values }),
  };
  const { trust } = rolePolicies(role);
  if (evaluatePolicy(trust, asked) !== "allow") return false;
  const arn = identity.kind === "user" ? userArn(identity.name) : identity.session.behindArn;
  const isGranted = !identityPolicies(identity) || grantsTo(arn, trust, asked);
  return identityVerdict(identity, asked, trust, isGranted) === "allow";
}

/**
 * Whether a user may ask for a federated user of this name: a limited user needs `sts:GetFederationToken`.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getfederationtoken.html
 */
export function mayFederate(name: string, identity: Identity, request: Incoming): boolean {
  const asked = {
    principal: principalOf(identity),
    action: "sts:GetFederationToken",
    resource: `arn:aws:sts::${ACCOUNT_ID}:federated-user/${name}`,
    condition: requestConditions({ request, identity }),
  };
  return identityVerdict(identity, asked, [], ownerBehind(identity) !== undefined) === "allow";
}
