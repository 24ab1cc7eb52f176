import { principalOf } from "../access/principal";
import type { QueryAction, QueryCall } from "../query/action";
import { QueryError } from "../query/errors";
import type { Rule } from "../query/parameters";
import type { RoleRecord } from "../store/records";
import { roleNamePattern } from "./role";

/** What the actions on roles and on their policies share. */

const roleNameRule: Rule = { min: 1, max: 64, pattern: roleNamePattern };

/** An action that only root may call, and with its own key: with credentials of GetSessionToken nobody reaches IAM. */
export function forRoot(
  name: string,
  takes: readonly string[],
  run: (call: QueryCall) => Promise<string[] | undefined>,
): QueryAction {
  return {
    takes,
    async run(call) {
      const { caller } = call;
      if (caller.kind === "user" && caller.isRoot) return run(call);
      throw new QueryError(
        "AccessDenied",
        `User: ${principalOf(caller)?.arn} is not authorized to perform: iam:${name}`,
      );
    },
  };
}

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
 * @param change gives the role as it shall be, `undefined` to remove it; throws to leave it as it is
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

/** One page of things in the order of their names, and what the answer says about it. @throws QueryError ValidationError */
export function page<T>(call: QueryCall, sorted: readonly T[], nameOf: (one: T) => string) {
  const limit = call.parameters.number("MaxItems", DEFAULT_ITEMS, maxItems);
  const marker = call.parameters.optional("Marker", { min: 1, max: 512, pattern: /^[\w-]+$/ });
  const after = marker === undefined ? "" : Buffer.from(marker, "base64url").toString("utf8");
  const rest = sorted.filter((one) => nameOf(one) > after);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  const isTruncated = rest.length > limit;
  const next = isTruncated && last !== undefined ? Buffer.from(nameOf(last)).toString("base64url") : undefined;
  return { items, isTruncated, marker: next };
}
