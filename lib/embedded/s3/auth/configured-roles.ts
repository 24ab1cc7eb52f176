import { parsePolicy } from "@/lib/policy/document";
import { PolicyError } from "@/lib/policy/error";
import type { RoleRecord } from "../store/database/records";
import { roleNamePattern, roleSessionSeconds } from "./role";
import { idOf, type UserDirectory, userArn } from "./users";

/** A role that is part of the store's configuration. It cannot be changed through IAM. */
export interface S3Role {
  readonly name: string;
  /** Names of the users who may assume it, or a trust policy. Root may assume every role. */
  readonly trust: readonly string[] | object;
  /** Policies of what its sessions may do, as objects or as JSON. */
  readonly policies: readonly (string | object)[];
  /** How long its sessions may last: 3,600 (the default) to 43,200 seconds. */
  readonly maxSessionSeconds?: number;
}

const fields = new Set(["name", "trust", "policies", "maxSessionSeconds"]);

/**
 * Checks configured roles and converts them to the records of roles made through IAM.
 * @param roles may come from a file, so that their shape is checked
 * @throws Error that names the role and its mistake
 */
export function configuredRoles(roles: readonly S3Role[], users: UserDirectory): RoleRecord[] {
  const known = new Set<string>();
  return roles.map((role, i) => {
    const name: unknown = typeof role === "object" && role !== null ? role.name : undefined;
    if (typeof name !== "string" || name.length > 64 || !roleNamePattern.test(name)) {
      throw new Error(`Role ${i + 1} of the S3 store needs a name of 1 to 64 letters, digits or _+=,.@-`);
    }
    if (known.has(name.toLowerCase())) throw new Error(`There are two roles named ${name} for the S3 store.`);
    known.add(name.toLowerCase());
    try {
      return toRecord(role, users);
    } catch (error) {
      if (!(error instanceof PolicyError || error instanceof RoleError)) throw error;
      throw new Error(`Role ${name} of the S3 store: ${error.message}`);
    }
  });
}

class RoleError extends Error {}

function toRecord(role: S3Role, users: UserDirectory): RoleRecord {
  const { name, trust, policies, maxSessionSeconds = roleSessionSeconds.least } = role;
  const unknown = Object.keys(role).find((field) => !fields.has(field));
  if (unknown) throw new RoleError(`it has an unknown field ${unknown}`);
  const { least, most } = roleSessionSeconds;
  if (!Number.isInteger(maxSessionSeconds) || maxSessionSeconds < least || maxSessionSeconds > most)
    throw new RoleError(`maxSessionSeconds must be ${least} to ${most}`);
  if (!Array.isArray(policies)) throw new RoleError("policies must be a list of policies");
  const record = {
    name,
    path: "/",
    id: idOf("AROA", name), // the same at each start, so that its sessions outlive a restart
    createdAt: 0,
    maxSessionSeconds,
    trust: Array.isArray(trust) ? trustOf(trust, users) : JSON.stringify(trust ?? null),
    policies: policies.map((policy: string | object, i) => ({
      name: `policy-${i + 1}`,
      document: typeof policy === "string" ? policy : JSON.stringify(policy ?? null),
    })),
  };
  parsePolicy(record.trust, "trust");
  for (const { document } of record.policies) parsePolicy(document, "identity");
  return record;
}

function trustOf(names: readonly unknown[], users: UserDirectory): string {
  const unknown = names.find((name) => typeof name !== "string" || !users.has(name));
  if (unknown !== undefined) throw new RoleError(`trust names ${JSON.stringify(unknown)}, who is no user`);
  // A policy needs at least one principal; root may assume every role in any case.
  const principals = (names.length > 0 ? (names as string[]) : [users.root]).map(userArn);
  const statement = { Effect: "Allow", Principal: { AWS: principals }, Action: "sts:AssumeRole" };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}
