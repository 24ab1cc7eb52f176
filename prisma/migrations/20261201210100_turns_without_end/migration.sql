-- Turns grow with every picture, and faster where one person has many uploads: an integer ends at two thousand million of them.
-- New columns instead of another type: that would write every revision and all of its indexes again. Only turns that wait count.
ALTER TABLE "revision" ADD COLUMN "derive_turn" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "upload" ADD COLUMN "derive_turn" BIGINT NOT NULL DEFAULT 0;

UPDATE "revision" SET "derive_turn" = "derive_order" WHERE "state" = 'pending';
UPDATE "upload" SET "derive_turn" = "derive_order" WHERE "derive_order" <> 0;

-- Their indexes go with them.
ALTER TABLE "revision" DROP COLUMN "derive_order";
ALTER TABLE "upload" DROP COLUMN "derive_order";
ALTER TABLE "revision" RENAME COLUMN "derive_turn" TO "derive_order";
ALTER TABLE "upload" RENAME COLUMN "derive_turn" TO "derive_order";

-- For the worker: what waits, in order.
CREATE INDEX "revision_derive_order_idx" ON "revision"("derive_order", "id") WHERE "state" = 'pending';
-- The head of the order when nothing waits, and the uploads of a person that still wait.
CREATE INDEX "upload_derive_order_idx" ON "upload"("derive_order");
CREATE INDEX "upload_created_by_id_derive_order_idx" ON "upload"("created_by_id", "derive_order");
