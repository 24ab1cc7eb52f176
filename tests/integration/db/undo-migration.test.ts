import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { databaseBefore } from "./migration";

const { client, migrate } = databaseBefore("20261130100000_upload_undo");

const nil = "00000000-0000-0000-0000-000000000000";
const [undoneAt, startedAt] = [new Date("2026-05-17T07:30:00.123Z"), new Date("2026-05-17T07:31:00Z")];

it("keeps who undid an upload, when, and how far an undo or redo was applied", async () => {
  const [userId, collectionId, cursor] = [randomUUID(), randomUUID(), randomUUID()];
  await client.query(`INSERT INTO "user" ("id", "email") VALUES ($1, 'a@b.test')`, [userId]);
  await client.query(
    `INSERT INTO "collection" ("id", "slug", "name", "updated_at") VALUES ($1, 'reef', 'Reef', now())`,
    [collectionId],
  );
  const upload = async (columns: { undone?: Date; started?: Date; cursor?: string; by?: string }): Promise<string> => {
    const id = randomUUID();
    await client.query(
      `INSERT INTO "upload" ("id", "collection_id", "expires_at", "undone_at", "undo_started_at", "undo_cursor")
       VALUES ($1, $2, now(), $3, $4, $5)`,
      [id, collectionId, columns.undone, columns.started, columns.cursor],
    );
    if (columns.by && columns.undone) {
      await client.query(
        `INSERT INTO "event" ("actor_id", "actor_name", "action", "subject_type", "subject_id", "detail")
         VALUES ($1, 'A', 'upload.undone', 'upload', $2, $3)`,
        [columns.by, id, { undoneAt: columns.undone.toISOString() }],
      );
    }
    return id;
  };
  const undone = await upload({ undone: undoneAt, by: userId });
  const unknown = await upload({ undone: undoneAt });
  const ofNoUser = await upload({ undone: undoneAt, by: randomUUID() });
  const begun = await upload({ undone: undoneAt, started: startedAt, by: userId });
  const halfway = await upload({ undone: undoneAt, started: startedAt, cursor, by: userId });
  const redoing = await upload({ started: startedAt, cursor });
  await upload({});

  await migrate();

  const { rows } = await client.query(`SELECT * FROM "upload_undo"`);
  const row = (upload_id: string, by_id: string | null, more: object = {}) => ({
    upload_id,
    by_id,
    at: undoneAt,
    redone_at: null,
    cursor: null,
    ...more,
  });
  expect(new Set(rows)).toEqual(
    new Set([
      row(undone, userId),
      row(unknown, null),
      row(ofNoUser, null),
      row(begun, userId, { cursor: nil }),
      row(halfway, userId, { cursor }),
      row(redoing, null, { at: startedAt, redone_at: startedAt, cursor }),
    ]),
  );
});

it("refuses a redo with nothing left to do", async () => {
  const finished = client.query(`UPDATE "upload_undo" SET "redone_at" = now(), "cursor" = NULL`);
  await expect(finished).rejects.toThrow("upload_undo_redone_is_unfinished");
});
