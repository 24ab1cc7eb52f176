-- A link that was requested with a mailed link had that as its parent, and using it left the operator's invitation to be used again.
-- Its parent is the operator's now, as in rows that are added from here on.
WITH RECURSIVE "family" AS (
  SELECT "id", "id" AS "root_id" FROM "sign_up_invitation" WHERE "parent_id" IS NULL
  UNION ALL
  SELECT "child"."id", "family"."root_id"
  FROM "sign_up_invitation" AS "child"
  JOIN "family" ON "child"."parent_id" = "family"."id"
)
UPDATE "sign_up_invitation"
SET "parent_id" = "family"."root_id"
FROM "family"
WHERE "sign_up_invitation"."id" = "family"."id"
  AND "sign_up_invitation"."parent_id" <> "family"."root_id";
