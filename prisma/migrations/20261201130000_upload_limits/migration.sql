-- An ended upload stays on the reaper's list until a listing is empty long after its last grant.
ALTER TABLE "upload" ADD COLUMN "reap_at" TIMESTAMPTZ(3);

-- Those that were taken off the list soon after their end are visited once more: a slow body may have arrived since.
UPDATE "upload" SET "reap_at" = now(), "cleaned_at" = NULL
WHERE "ended_at" IS NOT NULL AND ("cleaned_at" IS NULL OR "ended_at" > now() - interval '4 days');

-- AlterTable: the index goes with the column and is replaced below.
DROP INDEX "upload_unclean_idx";
ALTER TABLE "upload" DROP COLUMN "reap_tried_at";

ALTER TABLE "upload"
  ADD CONSTRAINT "upload_reaped_after_its_end" CHECK ("reap_at" IS NULL OR ("ended_at" IS NOT NULL AND "cleaned_at" IS NULL));

-- For the worker's sweep: ended uploads by the time of the reaper's next visit.
CREATE INDEX "upload_to_reap_idx" ON "upload"("reap_at") WHERE "reap_at" IS NOT NULL;

-- How many uploads a person has open.
CREATE INDEX "upload_open_by_idx" ON "upload"("created_by_id") WHERE "state" = 'open';
