-- A file that shrank, or of which nothing need be sent any more, keeps what is reserved for the bytes that have arrived of it.
ALTER TABLE "upload_file"
  DROP CONSTRAINT "upload_file_reserved_size",
  ADD CONSTRAINT "upload_file_reserved_positive" CHECK ("reserved_bytes" >= 0);
