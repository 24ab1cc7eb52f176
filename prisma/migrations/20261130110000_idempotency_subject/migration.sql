-- A key stands for what was created under it, whatever noun that is: no table is named, and a key lives for a day only.
ALTER TABLE "idempotency_key" DROP CONSTRAINT "idempotency_key_upload_id_fkey";
DROP INDEX "idempotency_key_upload_id_idx";
ALTER TABLE "idempotency_key" RENAME COLUMN "upload_id" TO "subject_id";
