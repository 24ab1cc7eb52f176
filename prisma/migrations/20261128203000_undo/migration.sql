-- AlterTable
ALTER TABLE "upload" ADD COLUMN     "turned_to" UUID,
ADD COLUMN     "turning_since" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "media" ADD COLUMN     "removed_to" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "trashed_by_undo" BOOLEAN NOT NULL DEFAULT false;


-- What must hold whatever the code does.
ALTER TABLE "upload"
  ADD CONSTRAINT "upload_turned_while_turning" CHECK ("turned_to" IS NULL OR "turning_since" IS NOT NULL);

ALTER TABLE "media"
  ADD CONSTRAINT "media_trashed_by_undo_is_in_the_trash" CHECK (NOT "trashed_by_undo" OR "deleted_at" IS NOT NULL);

-- What the worker's sweep looks for each minute: undoings and redoings that were cut short.
CREATE INDEX "upload_turning_idx" ON "upload"("turning_since") WHERE "turning_since" IS NOT NULL;

-- What is in the trash by an undoing was told by its time until now, and a finished undoing by its line in the audit log.
UPDATE "media" SET "trashed_by_undo" = true
FROM "revision" r JOIN "upload" u ON u."id" = r."upload_id"
WHERE r."id" = "media"."current_revision_id" AND "media"."deleted_at" = u."undone_at";

UPDATE "upload" SET "turning_since" = "undone_at"
WHERE "undone_at" IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM "event" e
  WHERE e."action" = 'upload.undone' AND e."subject_id" = "upload"."id"::text
    AND (e."detail" ->> 'undoneAt')::timestamptz = "upload"."undone_at"
);
