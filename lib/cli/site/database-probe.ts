import pg from "pg";

const keepMs = 1_000;
const timeoutMs = 2_000;

export type DatabaseProbe = {
  /** Whether the database answers; asked at most once a second, however many ask. */
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
  });
  // An idle connection that breaks is found out by the next question.
  pool.on("error", () => undefined);
  let answer: { at: number; isUp: Promise<boolean> } | undefined;

  const ask = () =>
    pool.query("SELECT 1").then(
      () => true,
      () => false,
    );

  return {
    isUp() {
      if (!answer || Date.now() - answer.at > keepMs) answer = { at: Date.now(), isUp: ask() };
      return answer.isUp;
    },
    close: () => pool.end(),
  };
}
