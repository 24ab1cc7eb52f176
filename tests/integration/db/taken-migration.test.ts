import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { databaseBefore } from "./migration";

const { client, migrate } = databaseBefore("20261201160000_taken_offsets");

it("tells dates that a revision found from times of uploads, and reads pictures again", async () => {
  const [collectionId, uploadId] = [randomUUID(), randomUUID()];
  await client.query(`INSERT INTO "collection" ("id", "slug", "name", "updated_at") VALUES ($1, 'r', 'R', now())`, [
    collectionId,
  ]);
  await client.query(`INSERT INTO "upload" ("id", "collection_id", "expires_at") VALUES ($1, $2, now())`, [
    uploadId,
    collectionId,
  ]);
  /** A media shown at `takenAt`, with a revision for each of `found`: its date and its type. */
  const media = async (path: string, takenAt: string, ...found: [takenAt: string | null, contentType: string][]) => {
    const id = randomUUID();
    await client.query(
      `INSERT INTO "media" ("id", "collection_id", "path", "taken_at", "updated_at") VALUES ($1, $2, $3, $4, now())`,
      [id, collectionId, path, takenAt],
    );
    for (const [n, [foundAt, contentType]] of found.entries()) {
      await client.query(
        `INSERT INTO "revision" ("media_id", "upload_id", "number", "key", "version_id", "size_bytes", "etag", "state",
                                 "taken_at", "content_type") VALUES ($1, $2, $3::int, $4, $3::text, 1, 'e', 'kept', $5, $6)`,
        [id, uploadId, n + 1, path, foundAt, contentType],
      );
    }
  };
  const [taken, uploaded] = ["2024-05-17T07:30:00Z", "2026-11-30T12:00:00Z"];
  await media("dated.jpg", taken, [taken, "image/jpeg"]);
  await media("date-of-an-earlier-one.jpg", taken, [taken, "image/jpeg"], [null, "image/jpeg"]);
  await media("undated.heic", uploaded, [null, "image/heic"]);
  await media("date-of-an-undone-one.jpg", uploaded, [null, "image/jpeg"], [taken, "image/jpeg"]);
  await media("notes.txt", uploaded, [null, "text/plain"]);

  await migrate();

  const { rows } = await client.query(`SELECT "path" FROM "media" WHERE "taken_known" ORDER BY "path"`);
  expect(rows.map(({ path }) => path)).toEqual(["date-of-an-earlier-one.jpg", "dated.jpg"]);
  const again = await client.query(
    `SELECT count(*)::int FROM "revision" WHERE "metadata_version" < 1 AND "content_type" LIKE 'image/%'`,
  );
  expect(again.rows).toEqual([{ count: 6 }]);
  await client.query(
    `INSERT INTO "media" ("collection_id", "path", "taken_at", "updated_at") VALUES ($1, 'new', now(), now())`,
    [collectionId],
  );
  const added = await client.query(`SELECT "taken_known" FROM "media" WHERE "path" = 'new'`);
  expect(added.rows).toEqual([{ taken_known: false }]);
});

it.each([
  ["beyond 14 hours", 841],
  ["of no date", null],
])("refuses an offset %s", async (_what, offset) => {
  const set = client.query(
    `UPDATE "media" SET "taken_known" = $1::int IS NOT NULL, "taken_offset_minutes" = coalesce($1::int, 60)`,
    [offset],
  );
  await expect(set).rejects.toThrow("media_taken_offset_has_date");
});
