import { completeArn } from "@/lib/policy/evaluate";
import type { RoleRecord } from "../store/database/records";
import type { Roles } from "../store/roles";
import { roleArn } from "./role";
import { ACCOUNT_ID } from "./users";

/** All roles: the configured ones, and those made through IAM. A configured role hides one of the same name. */
export class RoleDirectory {
  readonly #configured: ReadonlyMap<string, RoleRecord>;

  constructor(
    configured: readonly RoleRecord[],
    /** Those made through IAM. */
    readonly stored: Roles,
  ) {
    this.#configured = new Map(configured.map((role) => [role.name.toLowerCase(), role]));
  }

  isConfigured(name: string): boolean {
    return this.#configured.has(name.toLowerCase());
  }

  find(name: string): RoleRecord | undefined {
    return this.#configured.get(name.toLowerCase()) ?? this.stored.find(name);
  }

  /** @param arn with or, as Ceph writes it, without the account's number */
  findByArn(arn: string): RoleRecord | undefined {
    const full = completeArn(arn, ACCOUNT_ID);
    const role = this.find(full.slice(full.lastIndexOf("/") + 1));
    return role && roleArn(role) === full ? role : undefined;
  }

  /** By name. */
  all(): RoleRecord[] {
    const made = this.stored.all().filter((role) => !this.isConfigured(role.name));
    return [...this.#configured.values(), ...made].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
