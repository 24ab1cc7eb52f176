import { parsePolicy, type Statement } from "@/lib/policy/document";
import type { RoleRecord } from "../store/database/records";
import { ACCOUNT_ID } from "./users";

/** How long sessions of a role may last, in seconds. Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export const roleSessionSeconds = { least: 3600, most: 43_200 } as const;

export const roleNamePattern = /^[\w+=,.@-]+$/;

export function roleArn({ path, name }: Pick<RoleRecord, "path" | "name">): string {
  return `arn:aws:iam::${ACCOUNT_ID}:role${path}${name}`;
}

interface RolePolicies {
  /** Who may assume it. */
  readonly trust: readonly Statement[];
  /** What its sessions may do, all policies together. */
  readonly identity: readonly Statement[];
}

const parsed = new WeakMap<RoleRecord, RolePolicies>();

/** The policies of a role, parsed once for each state of the role. */
export function rolePolicies(role: RoleRecord): RolePolicies {
  const known = parsed.get(role);
  if (known) return known;
  const policies = {
    trust: parsePolicy(role.trust, "trust"),
    identity: role.policies.flatMap(({ document }) => parsePolicy(document, "identity")),
  };
  parsed.set(role, policies);
  return policies;
}
