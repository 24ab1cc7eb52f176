-- The order in which revisions are derived: people take turns.
ALTER TABLE "revision" ADD COLUMN "derive_order" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "upload" ADD COLUMN "derive_order" INTEGER NOT NULL DEFAULT 0;

-- What waits already keeps its order: the oldest first.
UPDATE "revision" SET "derive_order" = waiting."n"
FROM (SELECT "id", row_number() OVER (ORDER BY "created_at", "id")::int AS "n" FROM "revision" WHERE "state" = 'pending') AS waiting
WHERE "revision"."id" = waiting."id";

UPDATE "upload" SET "derive_order" = last."n"
FROM (SELECT "upload_id", max("derive_order") AS "n" FROM "revision" WHERE "state" = 'pending' GROUP BY "upload_id") AS last
WHERE "upload"."id" = last."upload_id";

-- For the worker: what waits, in order.
CREATE INDEX "revision_derive_order_idx" ON "revision"("derive_order", "id") WHERE "state" = 'pending';
DROP INDEX "revision_pending_idx";

-- The head of the order when nothing waits, and the uploads of a person that still wait.
CREATE INDEX "upload_derive_order_idx" ON "upload"("derive_order");
CREATE INDEX "upload_created_by_id_derive_order_idx" ON "upload"("created_by_id", "derive_order");
DROP INDEX "upload_created_by_id_idx";
