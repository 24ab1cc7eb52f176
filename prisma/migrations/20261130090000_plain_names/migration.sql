-- Columns, constraints and indexes named by the operation they record: register, cancel, undo.
ALTER TABLE "upload" RENAME COLUMN "announced_files" TO "registered_files";
ALTER TABLE "upload" RENAME COLUMN "turning_since" TO "undo_started_at";
ALTER TABLE "upload" RENAME COLUMN "turned_to" TO "undo_cursor";
ALTER TABLE "upload" RENAME CONSTRAINT "upload_turned_while_turning" TO "upload_undo_cursor_while_undoing";
ALTER INDEX "upload_turning_idx" RENAME TO "upload_undo_started_idx";

ALTER TABLE "upload_file" RENAME COLUMN "withdrawn_at" TO "canceled_at";
ALTER TABLE "upload_file" RENAME CONSTRAINT "upload_file_withdrawn_takes_nothing" TO "upload_file_canceled_takes_nothing";
