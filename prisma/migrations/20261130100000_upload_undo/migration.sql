-- CreateTable
CREATE TABLE "upload_undo" (
    "upload_id" UUID NOT NULL,
    "by_id" UUID,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "redone_at" TIMESTAMPTZ(3),
    "cursor" UUID,

    CONSTRAINT "upload_undo_pkey" PRIMARY KEY ("upload_id")
);

-- CreateIndex
CREATE INDEX "upload_undo_by_id_idx" ON "upload_undo"("by_id");

-- AddForeignKey
ALTER TABLE "upload_undo" ADD CONSTRAINT "upload_undo_upload_id_fkey" FOREIGN KEY ("upload_id") REFERENCES "upload"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "upload_undo" ADD CONSTRAINT "upload_undo_by_id_fkey" FOREIGN KEY ("by_id") REFERENCES "user"("id") ON DELETE SET NULL ON UPDATE CASCADE;


-- A redo whose media are all back has no row: with `redone_at` there is always more to do.
ALTER TABLE "upload_undo"
  ADD CONSTRAINT "upload_undo_redone_is_unfinished" CHECK ("redone_at" IS NULL OR "cursor" IS NOT NULL);

-- For the worker's sweep: undos and redos that were cut short.
CREATE INDEX "upload_undo_unfinished_idx" ON "upload_undo"("at") WHERE "cursor" IS NOT NULL;

-- Who undid an upload was in the audit log, found by the very time. Without such a line `by_id` is null, and only viewers who may
-- trash media of the collection redo it. The nil UUID is before every id: nothing is done yet.
INSERT INTO "upload_undo" ("upload_id", "by_id", "at", "redone_at", "cursor")
SELECT u."id",
       (SELECT p."id" FROM "event" e JOIN "user" p ON p."id" = e."actor_id"
        WHERE e."action" = 'upload.undone' AND e."subject_id" = u."id"::text
          AND (e."detail" ->> 'undoneAt')::timestamptz = u."undone_at"
        LIMIT 1),
       coalesce(u."undone_at", u."undo_started_at"),
       CASE WHEN u."undone_at" IS NULL THEN u."undo_started_at" END,
       CASE WHEN u."undo_started_at" IS NOT NULL
            THEN coalesce(u."undo_cursor", '00000000-0000-0000-0000-000000000000') END
FROM "upload" u WHERE u."undone_at" IS NOT NULL OR u."undo_started_at" IS NOT NULL;

-- AlterTable: the index and the check on these columns go with them.
ALTER TABLE "upload" DROP COLUMN "undone_at", DROP COLUMN "undo_started_at", DROP COLUMN "undo_cursor";
