import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { databaseBefore } from "./migration";

const { client, migrate } = databaseBefore("20261201220100_parents_without_parents");

it("gives invitations whose parents have parents the first of these", async () => {
  const [first, child, grandchild, greatGrandchild, other] = Array.from({ length: 5 }, () => randomUUID());
  const parents: [string | undefined, string | null | undefined][] = [
    [first, null],
    [child, first],
    [grandchild, child],
    [greatGrandchild, grandchild],
    [other, null],
  ];
  for (const [id, parentId] of parents) {
    await client.query(
      `INSERT INTO "sign_up_invitation" ("id", "token_hash", "email", "is_mailed", "parent_id", "expires_at")
       VALUES ($1::uuid, $1::text, 'a@example.org', true, $2, now() + interval '1 hour')`,
      [id, parentId],
    );
  }

  await migrate();

  const { rows } = await client.query(`SELECT "id" FROM "sign_up_invitation" WHERE "parent_id" = $1`, [first]);
  expect(new Set(rows.map(({ id }) => id))).toEqual(new Set([child, grandchild, greatGrandchild]));
  await client.query(`DELETE FROM "sign_up_invitation" WHERE "id" = $1`, [first]);
  expect((await client.query(`SELECT "id" FROM "sign_up_invitation"`)).rows).toEqual([{ id: other }]);
});
