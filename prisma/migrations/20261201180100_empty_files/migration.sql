-- Empty files are kept, too.
ALTER TABLE "upload_file"
  DROP CONSTRAINT "upload_file_size_positive",
  ADD CONSTRAINT "upload_file_size_positive" CHECK ("size_bytes" >= 0);
