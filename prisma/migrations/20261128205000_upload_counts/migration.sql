-- AlterTable
ALTER TABLE "upload" ADD COLUMN     "announced_files" INTEGER,
ADD COLUMN     "rejected_files" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "settled_to" UUID,
ADD COLUMN     "unchanged_files" INTEGER NOT NULL DEFAULT 0;


-- What must hold whatever the code does.
ALTER TABLE "upload"
  ADD CONSTRAINT "upload_running_counts_positive" CHECK (
    "rejected_files" >= 0 AND "unchanged_files" BETWEEN 0 AND "verified_files" AND coalesce("announced_files" >= 0, true)
  );

-- What was counted from the rows at every look is counted once. An upload that is being verified settles its unchanged files anew.
UPDATE "upload" SET
  "announced_files" = (SELECT count(*) FROM "upload_file" f WHERE f."upload_id" = "upload"."id"),
  "rejected_files" = (SELECT count(*) FROM "upload_rejection" r WHERE r."upload_id" = "upload"."id"),
  "verified_files" = CASE WHEN "state" = 'verified' THEN "verified_files"
                          ELSE (SELECT count(*) FROM "revision" r WHERE r."upload_id" = "upload"."id") END,
  "verified_bytes" = CASE WHEN "state" = 'verified' THEN "verified_bytes"
                          ELSE (SELECT coalesce(sum(r."size_bytes"), 0) FROM "revision" r WHERE r."upload_id" = "upload"."id") END,
  "unchanged_files" = CASE WHEN "state" = 'verified' THEN (
    SELECT count(*) FROM "upload_file" f WHERE f."upload_id" = "upload"."id" AND f."same_as_id" IS NOT NULL) ELSE 0 END
WHERE "sealed_at" IS NOT NULL;
