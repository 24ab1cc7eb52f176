-- A file's name at the client where it is not in NFC, as of files that a Mac made: receipts are compared with those files.
ALTER TABLE "upload_file" ADD COLUMN "sent_as" TEXT;
ALTER TABLE "revision" ADD COLUMN "sent_as" TEXT;

-- One name in two forms: two files of an upload never have the same one.
ALTER TABLE "upload_file"
  ADD CONSTRAINT "upload_file_sent_as_is_its_path" CHECK (normalize("sent_as", NFC) = "path");
