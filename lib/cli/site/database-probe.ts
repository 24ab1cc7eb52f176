import pg from "pg";
import { prepareSession } from "@/lib/postgres/session.mjs";

const cacheMs = 1_000;
const timeoutMs = 2_000;

export type DatabaseProbe = {
  /** Tells whether the database responds. Queried at most once per second, whatever the number of calls. */
  isUp(): Promise<boolean>;
  close(): Promise<void>;
};

export function databaseProbe(connectionString: string): DatabaseProbe {
  const pool = new pg.Pool({
    connectionString,
    max: 1,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    idleTimeoutMillis: 30_000,
    onConnect: prepareSession,
  });
  // A broken idle connection is detected by the next query.
  pool.on("error", () => undefined);
  let latest: { at: number; isUp: Promise<boolean> } | undefined;

  const query = () =>
    pool.query("SELECT 1").then(
      () => true,
      () => false,
    );

  return {
    isUp() {
      if (!latest || performance.now() - latest.at > cacheMs) latest = { at: performance.now(), isUp: query() };
      return latest.isUp;
    },
    close: () => pool.end(),
  };
}
