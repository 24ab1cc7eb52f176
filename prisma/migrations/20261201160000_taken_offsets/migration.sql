-- The camera's offset from UTC, beside the instant.
ALTER TABLE "revision" ADD COLUMN "taken_offset_minutes" SMALLINT,
    ADD COLUMN "metadata_version" SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE "media" ADD COLUMN "taken_offset_minutes" SMALLINT,
    ADD COLUMN "taken_known" BOOLEAN NOT NULL DEFAULT true;

-- Media whose time is that of their upload: few in a collection of pictures, so that few rows are written.
UPDATE "media" m SET "taken_known" = false
WHERE NOT EXISTS (SELECT 1 FROM "revision" r WHERE r."media_id" = m."id" AND r."taken_at" = m."taken_at");
ALTER TABLE "media" ALTER COLUMN "taken_known" SET DEFAULT false;

ALTER TABLE "revision" ADD CONSTRAINT "revision_taken_offset_has_date"
    CHECK ("taken_offset_minutes" IS NULL OR ("taken_offset_minutes" BETWEEN -840 AND 840 AND "taken_at" IS NOT NULL));
ALTER TABLE "media" ADD CONSTRAINT "media_taken_offset_has_date"
    CHECK ("taken_offset_minutes" IS NULL OR ("taken_offset_minutes" BETWEEN -840 AND 840 AND "taken_known"));

-- For the worker's sweep: what is read again. Empty when all is read.
CREATE INDEX "revision_metadata_outdated_idx" ON "revision" ("id")
    WHERE "metadata_version" < 1 AND "state" IN ('ready', 'kept') AND "content_type" LIKE 'image/%';
