-- What is shown of a damaged picture is part of it, and some pictures are not shown as they are stored.
ALTER TABLE "revision" ADD COLUMN "warning" TEXT, ADD COLUMN "display_note" TEXT;
ALTER TABLE "revision" ADD CONSTRAINT "revision_shown_with_warning"
    CHECK ("state" = 'ready' OR ("warning" IS NULL AND "display_note" IS NULL));

-- Older rules took sound pictures for damaged or too large, kept raw files without a preview or showed their thumbnail as a TIFF
-- picture, and showed TIFF and AVIF of some kinds wrongly. The worker's sweep derives them again, under the same keys, the oldest
-- first and in turn with new uploads.
WITH again AS (
    SELECT "id", row_number() OVER (ORDER BY "created_at", "id")::int AS "n" FROM "revision"
    WHERE ("state" = 'rejected' AND ("reject_reason" LIKE 'This % could not be read: it is incomplete or damaged.%'
                                     OR "reject_reason" LIKE 'The picture has % megapixels can be displayed.%'))
       OR ("state" = 'kept' AND "content_type" LIKE 'image/x-%')
       OR ("state" = 'ready' AND "content_type" IN ('image/tiff', 'image/avif'))
)
UPDATE "revision" r SET "state" = 'pending', "reject_reason" = NULL,
                        "derive_order" = (SELECT coalesce(max("derive_order"), 0) FROM "upload") + again."n"
FROM again WHERE r."id" = again."id";

UPDATE "upload" SET "derive_order" = last."n"
FROM (SELECT "upload_id", max("derive_order") AS "n" FROM "revision" WHERE "state" = 'pending' GROUP BY "upload_id") AS last
WHERE "upload"."id" = last."upload_id" AND "upload"."derive_order" < last."n";
