import { roleNamePattern } from "../auth/role";
import type { QueryCall } from "../query/action";
import { QueryError } from "../query/errors";
import { pageOf } from "../query/page";
import type { Rule } from "../query/parameters";
import { rootOnly } from "../query/root-only";
import type { RoleRecord } from "../store/database/records";

/** Shared by the actions on roles and on their policies. */

const roleNameRule: Rule = { min: 1, max: 64, pattern: roleNamePattern };

/** Makes an action of IAM, which only root may call. */
export const forRoot = rootOnly("iam", "AccessDenied");

export function roleName({ parameters }: QueryCall): string {
  return parameters.required("RoleName", roleNameRule);
}

/** @throws QueryError NoSuchEntity */
export function requireRole(call: QueryCall): RoleRecord {
  const name = roleName(call);
  const role = call.service.roles.find(name);
  if (!role) throw noSuchRole(name);
  return role;
}

/**
 * Changes a role, or removes it, durably.
 * @param change returns the changed role, or `undefined` to remove it; when it throws, the role is not changed
 * @throws QueryError NoSuchEntity, UnmodifiableEntity for a configured role
 */
export async function changeRole(call: QueryCall, change: (role: RoleRecord) => RoleRecord | undefined): Promise<void> {
  const { name } = requireRole(call);
  const { roles } = call.service;
  if (roles.isConfigured(name)) {
    throw new QueryError("UnmodifiableEntity", `The role ${name} is part of the store's configuration.`);
  }
  if (!(await roles.stored.update(name, change))) throw noSuchRole(name);
}

function noSuchRole(name: string): QueryError {
  return new QueryError("NoSuchEntity", `The role with name ${name} cannot be found.`);
}

const maxItems = { least: 1, most: 1000 };
const DEFAULT_ITEMS = 100;

/** One page of items in the order of their names. @throws QueryError ValidationError */
export function page<T>(call: QueryCall, sorted: readonly T[], nameOf: (one: T) => string) {
  const limit = call.parameters.number("MaxItems", DEFAULT_ITEMS, maxItems);
  const marker = call.parameters.optional("Marker", { min: 1, max: 512, pattern: /^[\w-]+$/ });
  return pageOf(sorted, nameOf, marker, limit);
}
