-- Quotas bound stored bytes: what lies under the prefix of an open upload is measured and compared with what its files reserve.
ALTER TABLE "upload"
  ADD COLUMN "unregistered_bytes" BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN "measured_at" TIMESTAMPTZ(3),
  ADD COLUMN "granted_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ADD COLUMN "over_since" TIMESTAMPTZ(3),
  ADD COLUMN "end_reason" TEXT,
  ADD COLUMN "reap_at" TIMESTAMPTZ(3);

-- An ended upload stays on the reaper's list until a listing is empty long after its last grant. Those that were taken off the
-- list soon after their end are visited once more: a slow body may have arrived since.
UPDATE "upload" SET "reap_at" = now(), "cleaned_at" = NULL
WHERE "ended_at" IS NOT NULL AND ("cleaned_at" IS NULL OR "ended_at" > now() - interval '4 days');

-- AlterTable: the index goes with the column and is replaced below.
DROP INDEX "upload_unclean_idx";
ALTER TABLE "upload" DROP COLUMN "reap_tried_at";

ALTER TABLE "upload"
  ADD CONSTRAINT "upload_unregistered_is_reserved" CHECK ("unregistered_bytes" BETWEEN 0 AND "reserved_bytes"),
  ADD CONSTRAINT "upload_over_while_open" CHECK ("over_since" IS NULL OR "state" = 'open'),
  ADD CONSTRAINT "upload_end_reason_after_its_end" CHECK ("end_reason" IS NULL OR "state" IN ('aborted', 'expired')),
  ADD CONSTRAINT "upload_reaped_after_its_end" CHECK ("reap_at" IS NULL OR ("ended_at" IS NOT NULL AND "cleaned_at" IS NULL));

-- For the worker's sweep: ended uploads by the time of the reaper's next visit, and open ones by the time they were measured.
CREATE INDEX "upload_to_reap_idx" ON "upload"("reap_at") WHERE "reap_at" IS NOT NULL;
CREATE INDEX "upload_to_measure_idx" ON "upload"("measured_at" NULLS FIRST) WHERE "state" = 'open';

-- How many uploads a person has open.
CREATE INDEX "upload_open_by_idx" ON "upload"("created_by_id") WHERE "state" = 'open';

-- CreateTable: prefixes under `media/` that belong to no upload of this database, since when it has known of them.
CREATE TABLE "unknown_prefix" (
    "prefix" TEXT NOT NULL,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "unknown_prefix_pkey" PRIMARY KEY ("prefix")
);

-- CreateIndex
CREATE INDEX "unknown_prefix_first_seen_at_idx" ON "unknown_prefix"("first_seen_at");

-- CreateTable: one row, how far the walk over the prefixes under `media/` has come.
CREATE TABLE "prefix_walk" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "position" TEXT NOT NULL DEFAULT '',
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "leased_until" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "prefix_walk_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "prefix_walk_is_one_row" CHECK ("id" = 1)
);
-- The first walk is due at once.
INSERT INTO "prefix_walk" ("started_at") VALUES ('epoch');
