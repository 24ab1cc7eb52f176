import pg from "pg";
import { prepareSession, requireUtc } from "@/lib/postgres/session.mjs";

/** Connects to a database, in UTC. Throws a one-line Error when it cannot be reached. The caller ends the client. */
export async function connectDatabase(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    const { host, pathname } = new URL(databaseUrl);
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`DATABASE_URL: ${host}${pathname} cannot be reached (${message || code})`, { cause: error });
  }
  try {
    await prepareSession(client);
    await requireUtc(client);
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

/**
 * Runs `setUp` while no other start sets up the same database or its bucket: two first starts at once both come up. Holds a
 * lock of a transaction, which poolers allow, and which ends with this process.
 */
export async function withStartLock<T>(
  databaseUrl: string,
  say: (line: string) => void,
  setUp: () => Promise<T>,
): Promise<T> {
  const client = await connectDatabase(databaseUrl);
  const lock = (name: string) => `SELECT ${name}(hashtextextended('atoll-start', 0)) AS taken`;
  try {
    await client.query("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = 0");
    const { rows } = await client.query<{ taken: boolean }>(lock("pg_try_advisory_xact_lock"));
    if (!rows[0]?.taken) {
      say("Waiting for another start that is setting up the same database …");
      await client.query(lock("pg_advisory_xact_lock"));
    }
    const result = await setUp();
    await client.query("COMMIT");
    return result;
  } finally {
    await client.end();
  }
}
