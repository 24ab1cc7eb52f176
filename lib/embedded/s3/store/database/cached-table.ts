import type { Database as Table } from "lmdb";
import type { Database } from "./database";

/** A small table whose rows are held in memory, as every request reads some. */
export class CachedTable<Row> {
  readonly #rows = new Map<string, Row>();

  /** @param nameOf the row's name, which is its key in the table */
  constructor(
    private readonly database: Database,
    private readonly table: Table<Row, Buffer>,
    nameOf: (row: Row) => string,
  ) {
    for (const { value } of table.getRange({})) this.#rows.set(nameOf(value), value);
  }

  find(name: string): Row | undefined {
    return this.#rows.get(name);
  }

  all(): Row[] {
    return [...this.#rows.values()];
  }

  /**
   * Changes a row; durable, and seen by readers, when the promise resolves.
   * @param change gets the current row within the transaction; returns the new one, `undefined` to remove it, or throws
   * before its first write to change nothing
   * @throws S3Error InsufficientStorage, and what `change` throws
   */
  async change(name: string, change: (current: Row | undefined) => Row | undefined): Promise<void> {
    const key = Buffer.from(name);
    await this.database.commit(() => {
      const current = this.table.get(key);
      const next = change(current);
      if (next === undefined) this.table.remove(key);
      else if (next !== current) this.table.put(key, next);
    });
    // Read again: of several concurrent changes, the last one committed counts.
    const row = this.table.get(key);
    if (row === undefined) this.#rows.delete(name);
    else this.#rows.set(name, row);
  }
}
