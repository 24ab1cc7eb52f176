import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { databaseBefore } from "./migration";

const { client, migrate } = databaseBefore("20261201150000_picture_warnings");

const damaged = "This TIFF could not be read: it is incomplete or damaged. The file is stored as uploaded.";
const large = "The picture has 12,000 × 9,000 pixels (108 megapixels); up to 100 megapixels can be displayed.";

it("derives pictures again that older rules did not show, or showed wrongly, and no others", async () => {
  const [collectionId, uploadId, mediaId] = [randomUUID(), randomUUID(), randomUUID()];
  const insert = (table: string, columns: object) => {
    const names = Object.keys(columns).map((name) => `"${name}"`);
    const places = names.map((_, i) => `$${i + 1}`);
    return client.query(`INSERT INTO "${table}" (${names}) VALUES (${places})`, Object.values(columns));
  };
  await insert("collection", { id: collectionId, slug: "reef", name: "Reef", updated_at: new Date() });
  await insert("upload", { id: uploadId, collection_id: collectionId, expires_at: new Date(), derive_order: 7 });
  await insert("media", {
    id: mediaId,
    collection_id: collectionId,
    path: "a",
    taken_at: new Date(),
    updated_at: new Date(),
  });
  let number = 0;
  const revision = async (state: string, content_type: string, reject_reason: string | null = null) => {
    number++;
    await insert("revision", {
      ...{
        media_id: mediaId,
        upload_id: uploadId,
        number,
        key: `k${number}`,
        version_id: "v",
        size_bytes: 1,
        etag: "e",
      },
      ...{ state, content_type, reject_reason, created_at: new Date(2026, 0, number) },
      ...(state === "ready" && { width: 160, height: 106, derived_id: `d${number}` }),
    });
    return number;
  };
  const again = [
    await revision("rejected", "image/tiff", damaged),
    await revision("rejected", "image/jpeg", large),
    await revision("kept", "image/x-nikon-nef"),
    await revision("ready", "image/tiff"),
    await revision("ready", "image/avif"),
  ];
  await revision(
    "rejected",
    "image/jpeg",
    "The bytes in the storage are not those that were sent. Upload the file again.",
  );
  await revision("kept", "application/pdf");
  await revision("ready", "image/jpeg");

  const before = await client.query(`SELECT "state", "derived_id", "reject_reason" FROM "revision" ORDER BY "number"`);
  await migrate();

  const { rows } = await client.query(
    `SELECT "number" FROM "revision" WHERE "picture_version" < 1 AND "state" <> 'pending' ORDER BY "number"`,
  );
  expect(rows.map((row) => row.number)).toEqual(again);
  // All are shown as before until they were derived again, and nothing goes before new uploads.
  const states = await client.query(`SELECT "state", "derived_id", "reject_reason" FROM "revision" ORDER BY "number"`);
  expect(states.rows).toEqual(before.rows);
  expect((await client.query(`SELECT "derive_order" FROM "upload"`)).rows).toEqual([{ derive_order: 7 }]);
});

it("keeps the order of what waits where turns become larger", async () => {
  await client.query(`UPDATE "upload" SET "derive_order" = 12`);
  await client.query(
    `UPDATE "revision" SET "state" = 'pending', "derive_order" = 7 + "number", "reject_reason" = NULL WHERE "number" <= 5`,
  );
  await migrate("20261201210100_turns_without_end");
  const waiting = await client.query(
    `SELECT "number" FROM "revision" WHERE "state" = 'pending' ORDER BY "derive_order"`,
  );
  expect(waiting.rows.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  const turns = await client.query(`
    SELECT u."derive_order" AS "last", min(r."derive_order") AS "first" FROM "upload" u JOIN "revision" r ON r."upload_id" = u."id"
    WHERE r."state" = 'pending' GROUP BY u."id"`);
  expect(turns.rows).toEqual([{ last: "12", first: "8" }]);
  await client.query(`UPDATE "upload" SET "derive_order" = 1::bigint << 40`);
});

it.each(["warning", "display_note"])("refuses a %s of what is not shown", async (column) => {
  const set = client.query(`UPDATE "revision" SET "${column}" = 'x' WHERE "state" = 'kept'`);
  await expect(set).rejects.toThrow("revision_shown_with_warning");
});
