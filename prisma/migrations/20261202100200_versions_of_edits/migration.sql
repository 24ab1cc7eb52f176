-- Raised by each edit of a person: an edit of what has changed since it was read is refused (ETag, If-Match).
ALTER TABLE "collection" ADD COLUMN "edit_version" INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "media" ADD COLUMN "edit_version" INTEGER NOT NULL DEFAULT 1;
