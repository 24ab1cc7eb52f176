-- A key may end with a slash: consoles write `media/` and `media/<collection>/` as markers of folders. Whether an entry is a folder
-- is recorded, and a folder is at most what one upload has.
ALTER TABLE "unknown_prefix" ADD COLUMN "is_folder" BOOLEAN NOT NULL DEFAULT false;
UPDATE "unknown_prefix" SET "is_folder" = true WHERE "prefix" ~ '^media/[^/]*/[^/]*/$';
ALTER TABLE "unknown_prefix"
  ALTER COLUMN "is_folder" DROP DEFAULT,
  ADD CONSTRAINT "unknown_prefix_folder_is_of_one_upload" CHECK (NOT "is_folder" OR "prefix" ~ '^media/[^/]*/[^/]*/$');
