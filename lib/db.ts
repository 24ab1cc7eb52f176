import "server-only";
import { PrismaPg } from "@prisma/adapter-pg";
import {
  type AliasedRawBuilder,
  type CompiledQuery,
  DummyDriver,
  type Expression,
  type ExpressionBuilder,
  expressionBuilder,
  type Insertable,
  type InsertQueryBuilder,
  type InsertResult,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  type SelectQueryBuilder,
  type SelectType,
  sql,
} from "kysely";
import { env } from "@/lib/env";
import { prepareSession } from "@/lib/postgres/session.mjs";
import { Prisma, PrismaClient } from "@/prisma/generated/client";
import type { Tables } from "@/prisma/generated/tables";

export type { Tables };
export { Prisma };
export type Transaction = Prisma.TransactionClient;

/** Bounds of all ids: where a keyset over ids starts, and where it has ended. */
export const firstId = "00000000-0000-0000-0000-000000000000";
export const lastId = "ffffffff-ffff-ffff-ffff-ffffffffffff";

// Next's dev server reloads this module on each change. The pool must survive that.
const kept = globalThis as typeof globalThis & { atollDb: PrismaClient | undefined };

/** Returns the Prisma client of this process. Its pool opens at first use. */
export function db(): PrismaClient {
  kept.atollDb ??= new PrismaClient({
    adapter: new PrismaPg({
      connectionString: env().DATABASE_URL,
      max: 10,
      connectionTimeoutMillis: 5_000,
      // Detects a server that accepts connections but does not respond. As long as `longTransaction`
      // (lib/locks.ts), which sums over millions of rows need.
      query_timeout: 60_000,
      onConnect: prepareSession,
    }),
  });
  return kept.atollDb;
}

/** Closes the pool. A later `db()` opens a new one. */
export async function closeDb(): Promise<void> {
  const client = kept.atollDb;
  kept.atollDb = undefined;
  await client?.$disconnect();
}

class NoDriver extends DummyDriver {
  override async acquireConnection(): Promise<never> {
    throw new Error("`query` has no connection. Send its statements with `rowsOf` or `execute`.");
  }
}

/** Builds typed SQL for a noun's `rows.ts`. It has no connection of its own: `rowsOf` and `execute` send what it builds. */
export const query = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new NoDriver(),
    createIntrospector: (kysely) => new PostgresIntrospector(kysely),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/** What `query` builds, or a statement written with Kysely's `sql`. */
type Statement<Row> = { compile(executor: typeof query): CompiledQuery<Row> };

/** Sends a statement within the transaction, or over any connection of `db()`, and returns its rows. */
export async function rowsOf<Row>(on: Transaction, statement: Statement<Row>): Promise<Row[]> {
  const { sql: text, parameters } = statement.compile(query);
  return on.$queryRawUnsafe<Row[]>(text, ...parameters);
}

/** As `rowsOf`, for a statement whose rows do not matter; returns how many rows it changed. */
export async function execute(on: Transaction, statement: Statement<unknown>): Promise<number> {
  const { sql: text, parameters } = statement.compile(query);
  return on.$executeRawUnsafe(text, ...parameters);
}

export const now = sql<Date>`now()`;

/** A value among those that a statement selects, where PostgreSQL would take it for text. */
export function uuid<Value extends string | null>(value: Value): RawBuilder<Value> {
  return sql<Value>`${value}::uuid`;
}

/**
 * The columns of a table, or of its alias, for `sql`: a statement that is clearer as SQL than built names its columns by these
 * alone, so that the compiler checks them. Without an alias they are bare, as `SET` wants them.
 */
export function columns<Table extends keyof Tables>(
  _table: Table,
  alias?: string,
): { readonly [Name in keyof Tables[Table] & string]: RawBuilder<SelectType<Tables[Table][Name]>> } {
  return new Proxy(Object.create(null), {
    get: (_, name) => sql.ref(alias ? `${alias}.${String(name)}` : String(name)),
  });
}

/** The column types that `unnest` may give a value. */
type SqlType<Value> = Value extends string
  ? "text" | "uuid"
  : Value extends bigint
    ? "bigint"
    : Value extends number
      ? "int"
      : Value extends Date
        ? "timestamptz"
        : never;

/** These columns of objects as a table of the statement: one array parameter a column, whatever the number of objects. */
export function unnest<Row, Name extends keyof Row & string, Alias extends string>(
  alias: Alias,
  rows: readonly Row[],
  types: { [Column in Name]: SqlType<NonNullable<Row[Column]>> },
): AliasedRawBuilder<Pick<Row, Name>, Alias> {
  const names = Object.keys(types) as Name[];
  const arrays = names.map((name) => sql`${rows.map((row) => row[name] ?? null)}::${sql.raw(types[name])}[]`);
  const list = sql.join(names.map((name) => sql.ref(name)));
  return sql<Pick<Row, Name>>`unnest(${sql.join(arrays)})`.as<Alias>(sql`${sql.ref(alias)}(${list})`);
}

type ValuesOf<Table extends keyof Tables> = {
  [Column in keyof Insertable<Tables[Table]>]: Expression<Insertable<Tables[Table]>[Column]>;
};

/** `INSERT INTO table (columns) SELECT values FROM source`, where each value is of its column's type and none is missing. */
export function insertSelect<Table extends keyof Tables, Source, Names extends keyof Source>(
  table: Table,
  source: SelectQueryBuilder<Source, Names, object>,
  valuesOf: (eb: ExpressionBuilder<Source, Names>) => ValuesOf<Table>,
): InsertQueryBuilder<Tables, Table, InsertResult> {
  const values = Object.entries<Expression<unknown>>(valuesOf(expressionBuilder(source)));
  const selected = source.select(values.map(([name, value]) => sql`${value}`.as(name)));
  return query
    .insertInto(table)
    .columns(values.map(([name]) => name) as never)
    .expression(selected) as InsertQueryBuilder<Tables, Table, InsertResult>;
}
