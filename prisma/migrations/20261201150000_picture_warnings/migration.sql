-- What is shown of a damaged picture is part of it, and some pictures are not shown as they are stored.
ALTER TABLE "revision" ADD COLUMN "warning" TEXT, ADD COLUMN "display_note" TEXT;
ALTER TABLE "revision" ADD CONSTRAINT "revision_shown_with_warning"
    CHECK ("state" = 'ready' OR ("warning" IS NULL AND "display_note" IS NULL));

-- Older rules took sound pictures for damaged or too large, kept raw files without a preview or showed their thumbnail as a TIFF
-- picture, and showed TIFF and AVIF of some kinds wrongly. The worker's sweep derives them again, under the same keys.
UPDATE "revision" SET "state" = 'pending', "reject_reason" = NULL
WHERE ("state" = 'rejected' AND ("reject_reason" LIKE 'This % could not be read: it is incomplete or damaged.%'
                                 OR "reject_reason" LIKE 'The picture has % megapixels can be displayed.%'))
   OR ("state" = 'kept' AND "content_type" LIKE 'image/x-%')
   OR ("state" = 'ready' AND "content_type" IN ('image/tiff', 'image/avif'));
