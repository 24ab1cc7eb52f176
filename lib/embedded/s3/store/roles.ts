import type { Database } from "./database";
import type { RoleRecord } from "./records";

/** Names of roles are case-insensitive. Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
const tableKey = (name: string) => Buffer.from(name.toLowerCase());

/** The roles made through IAM. All of them are held in memory, as each request of a session reads one. */
export class Roles {
  readonly #known = new Map<string, RoleRecord>();

  constructor(private readonly database: Database) {
    for (const { value } of database.roles.getRange({})) this.#known.set(value.name.toLowerCase(), value);
  }

  find(name: string): RoleRecord | undefined {
    return this.#known.get(name.toLowerCase());
  }

  all(): RoleRecord[] {
    return [...this.#known.values()];
  }

  /** Resolves, when durable, to `false` when a role of that name exists. */
  async create(role: RoleRecord): Promise<boolean> {
    const key = tableKey(role.name);
    const made = await this.database.commit(() => {
      if (this.database.roles.get(key)) return false;
      this.database.roles.put(key, role);
      return true;
    });
    if (made) this.#refresh(role.name);
    return made;
  }

  /**
   * Changes or (`undefined`) removes a role. Resolves, when durable, to `false` when there is none of that name.
   * @param change gets the current role; when it throws nothing is changed
   */
  async update(name: string, change: (role: RoleRecord) => RoleRecord | undefined): Promise<boolean> {
    const key = tableKey(name);
    const found = await this.database.commit(() => {
      const role = this.database.roles.get(key);
      if (!role) return false;
      const changed = change(role);
      if (changed) this.database.roles.put(key, changed);
      else this.database.roles.remove(key);
      return true;
    });
    if (found) this.#refresh(name);
    return found;
  }

  /** Reads the row again: of several concurrent changes, the last one committed counts. */
  #refresh(name: string): void {
    const role = this.database.roles.get(tableKey(name));
    if (role) this.#known.set(name.toLowerCase(), role);
    else this.#known.delete(name.toLowerCase());
  }
}
