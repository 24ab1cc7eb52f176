// What every connection to PostgreSQL runs first. Plain JavaScript, because Prisma's schema engine runs without TypeScript.

/**
 * The statements of `prepareSession`, in one text. Statements rather than connection parameters, because PgBouncer rejects
 * most of those; it keeps a client's TimeZone and DateStyle when it gives the client another server connection.
 *
 * - TimeZone: Prisma's adapter sends times without an offset and ignores the offset of those it reads, so both are right in
 *   UTC only. A server's, database's or role's own setting would shift every time.
 * - DateStyle: neither the adapter nor `pg` reads times in another style ("1.1.2024", "01/02/2024").
 * - jit: Debian's PostgreSQL spends 1.4 s compiling a statement that runs in 0.1 s when statistics are stale.
 */
const sessionSettings = "SET TIME ZONE 'UTC'; SET DateStyle = ISO; SET jit = off";

/** Applies the settings of a session to a connected client of `pg`: the `onConnect` of a pool, or the first call of a client. */
export async function prepareSession(client) {
  await client.query(sessionSettings);
}

/**
 * Checks that the session kept its settings; a pooler may drop them.
 * @throws Error with one line that names the time zone
 */
export async function requireUtc(client) {
  const { rows } = await client.query("SELECT current_setting('TimeZone') AS zone");
  const zone = rows[0]?.zone;
  if (zone === "UTC") return;
  throw new Error(
    `DATABASE_URL: the session's time zone is ${zone}, although Atoll set UTC: times would be shifted. Nothing was changed. Use a pooler that keeps a client's TimeZone, or connect without one.`,
  );
}
