import pg from "pg";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { migrate } from "@/lib/cli/start/migrate";
import { db } from "@/lib/db";
import { createBoss, startBoss } from "@/lib/jobs/queue/boss";
import { requireUtc } from "@/lib/postgres/session.mjs";
import { testUser } from "@/tests/support/fixtures/collections";
import { testDatabase } from "@/tests/support/services/services";
import { databaseUrl, onServer, randomName } from "@/tests/support/template";

// PostgreSQL servers in other zones than UTC, or with times written in another style: the setting of the database is that of
// every session that sets none.
const zone = "Asia/Tokyo";
const dateStyle = "German, DMY";
const { adminUrl } = inject("services");
const { url } = await testDatabase();
for (const setting of [`timezone = '${zone}'`, `datestyle = '${dateStyle}'`])
  await onServer(adminUrl, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET ${setting}`);
const inTokyo = new pg.Client({ connectionString: url });
beforeAll(() => inTokyo.connect());
afterAll(() => inTokyo.end());

it("a server that is not on UTC shifts no time, written or read, by Prisma or by the database's clock", async () => {
  expect((await inTokyo.query("SHOW timezone")).rows).toEqual([{ TimeZone: zone }]);
  expect((await inTokyo.query("SHOW datestyle")).rows).toEqual([{ DateStyle: dateStyle }]);
  const emailVerified = new Date("2024-01-01T07:30:00.123Z");
  const { userId: id } = await testUser("Someone");
  await db().user.update({ where: { id }, data: { emailVerified } });
  const { rows } = await inTokyo.query<{ at: string; created: string }>(
    `SELECT extract(epoch FROM email_verified) * 1000 AS at, floor(extract(epoch FROM created_at) * 1000) AS created
     FROM "user" WHERE id = $1`,
    [id],
  );
  const read = await db().user.findUniqueOrThrow({ where: { id } });
  expect(read.emailVerified).toEqual(emailVerified);
  expect(Number(rows[0]?.at)).toBe(emailVerified.getTime());
  expect(read.createdAt.getTime()).toBe(Number(rows[0]?.created));
  expect(await db().user.count({ where: { id, createdAt: { lt: new Date(Date.now() + 60_000) } } })).toBe(1);
});

it("is UTC on every connection: the pool's and the queue's", async () => {
  const ofPool = Array.from({ length: 5 }, () => db().$queryRaw<object[]>`SHOW timezone`);
  expect(await Promise.all(ofPool)).toEqual(ofPool.map(() => [{ TimeZone: "UTC" }]));
  const boss = createBoss({}, () => undefined);
  await startBoss(boss);
  expect((await boss.getDb().executeSql("SHOW timezone")).rows).toEqual([{ TimeZone: "UTC" }]);
  await boss.stop({ graceful: false });
});

it("is UTC while the schema engine migrates", async () => {
  const name = randomName("atoll_test");
  await onServer(adminUrl, `CREATE DATABASE ${name}`);
  const client = new pg.Client({ connectionString: databaseUrl(adminUrl, name) });
  try {
    await client.connect();
    await client.query(`ALTER DATABASE ${name} SET timezone = '${zone}'`);
    await client.query("CREATE SCHEMA seen");
    await client.query("CREATE TABLE seen.zone (name text)");
    await client.query(`CREATE FUNCTION seen.note() RETURNS event_trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO seen.zone VALUES (current_setting('TimeZone')); END $$`);
    await client.query("CREATE EVENT TRIGGER note ON ddl_command_end EXECUTE FUNCTION seen.note()");
    await migrate(databaseUrl(adminUrl, name), () => undefined);
    expect((await client.query("SELECT DISTINCT name FROM seen.zone")).rows).toEqual([{ name: "UTC" }]);
  } finally {
    await client.end();
    await onServer(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }
});

it("a pooler that drops the setting stops the start with one line", async () => {
  await expect(requireUtc(inTokyo)).rejects.toThrow(/^DATABASE_URL: the session's time zone is Asia\/Tokyo, [^\n]+$/);
});
