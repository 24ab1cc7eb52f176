-- AlterTable
ALTER TABLE "upload_file" ADD COLUMN     "withdrawn_at" TIMESTAMPTZ(3);


-- What must hold whatever the code does.
ALTER TABLE "upload_file"
  ADD CONSTRAINT "upload_file_withdrawn_takes_nothing"
    CHECK ("withdrawn_at" IS NULL OR ("reserved_bytes" = 0 AND "copy_of_id" IS NULL AND "same_as_id" IS NULL));
