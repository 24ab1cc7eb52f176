import type { Scope } from "@/lib/auth/token/policy";

export const visibilities = ["private", "preview", "public"] as const;
export type Visibility = (typeof visibilities)[number];

/** In rising order: each role may do what the ones before it may. */
export const roles = ["viewer", "contributor", "editor", "owner"] as const;
export type Role = (typeof roles)[number];

/** The least role for each action in a collection. */
export const leastRole = {
  see: "viewer",
  seeOriginals: "viewer",
  upload: "contributor",
  editOwnMedia: "contributor",
  editMedia: "editor",
  trashMedia: "editor",
  changeSettings: "owner",
  manageMembers: "owner",
  trashCollection: "owner",
} as const satisfies Record<string, Role>;
export type Ability = keyof typeof leastRole;
export const abilities = Object.keys(leastRole) as Ability[];

/**
 * The scopes of API tokens for each action: a token needs one of them, and its user the role. Who manages a collection could open it to
 * everyone, so that `manage` reads, too.
 */
const scopesOf: Record<Ability, readonly Scope[]> = {
  see: ["read", "manage"],
  seeOriginals: ["read", "manage"],
  upload: ["upload"],
  editOwnMedia: ["manage"],
  editMedia: ["manage"],
  trashMedia: ["manage"],
  changeSettings: ["manage"],
  manageMembers: ["manage"],
  trashCollection: ["manage"],
};

/** Whether a token with these scopes is for an action. */
export function isInScope(ability: Ability, scopes: readonly Scope[]): boolean {
  return scopesOf[ability].some((scope) => scopes.includes(scope));
}

/** Visibilities that grant an ability to everyone, members or not. */
const openTo: Partial<Record<Ability, readonly Visibility[]>> = {
  see: ["preview", "public"],
  seeOriginals: ["public"],
};

export function rolesThatMay(ability: Ability): Role[] {
  return roles.slice(roles.indexOf(leastRole[ability]));
}

export function visibilitiesOpenTo(ability: Ability): Visibility[] {
  return [...(openTo[ability] ?? [])];
}

/** Whether an ability is granted by visibility or role; `role` is null for people who are not members. */
export function may(ability: Ability, collection: { visibility: Visibility; role: Role | null }): boolean {
  if (visibilitiesOpenTo(ability).includes(collection.visibility)) return true;
  return collection.role !== null && rolesThatMay(ability).includes(collection.role);
}
