import { CachedTable } from "./database/cached-table";
import type { Database } from "./database/database";
import type { RoleRecord } from "./database/records";

/** Names of roles are case-insensitive. Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
const keyOf = (name: string) => name.toLowerCase();

/** The roles made through IAM. */
export class Roles {
  readonly #table: CachedTable<RoleRecord>;

  constructor(database: Database) {
    this.#table = new CachedTable(database, database.roles, ({ name }) => keyOf(name));
  }

  find(name: string): RoleRecord | undefined {
    return this.#table.find(keyOf(name));
  }

  all(): RoleRecord[] {
    return this.#table.all();
  }

  /** Resolves, when durable, to `false` when a role of that name exists. @throws S3Error InsufficientStorage */
  async create(role: RoleRecord): Promise<boolean> {
    let isNew = false;
    await this.#table.change(keyOf(role.name), (existing) => {
      isNew = existing === undefined;
      return existing ?? role;
    });
    return isNew;
  }

  /**
   * Changes or (`undefined`) removes a role. Resolves, when durable, to `false` when there is none of that name.
   * @param change gets the current role; when it throws nothing is changed
   */
  async update(name: string, change: (role: RoleRecord) => RoleRecord | undefined): Promise<boolean> {
    let isFound = false;
    await this.#table.change(keyOf(name), (role) => {
      isFound = role !== undefined;
      return role && change(role);
    });
    return isFound;
  }
}
