-- The gallery's order: newest first, then by name in natural order, then by id. The names in natural order are computed by
-- `sortPathOf` in lib/revision/policy.ts, for new media with the row, for those that are here by the worker's sweep.
ALTER TABLE "media" ADD COLUMN "sort_path" TEXT COLLATE "C" NOT NULL DEFAULT '';

-- What the sweep looks for: none, once it has been through.
CREATE INDEX "media_unsorted_idx" ON "media"("id") WHERE "sort_path" = '';

-- The age falls as taken_at rises, so that all columns rise and a page is one row comparison (lib/media/rows.ts).
DROP INDEX "media_gallery_idx";
CREATE INDEX "media_gallery_idx" ON "media"(
  "collection_id", (timestamptz '2000-01-01 00:00:00+00' - "taken_at"), "sort_path", "id"
) WHERE "deleted_at" IS NULL;
