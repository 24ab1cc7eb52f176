-- What is shown of a damaged picture is part of it, and some pictures are not shown as they are stored.
ALTER TABLE "revision" ADD COLUMN "warning" TEXT, ADD COLUMN "display_note" TEXT;
ALTER TABLE "revision" ADD CONSTRAINT "revision_shown_with_warning"
    CHECK ("state" = 'ready' OR ("warning" IS NULL AND "display_note" IS NULL));

-- The rules by which a picture was decoded, and derivatives that are not shown: those that are being made again, or were replaced.
ALTER TABLE "revision" ADD COLUMN "picture_version" SMALLINT NOT NULL DEFAULT 1, ADD COLUMN "spare_derived_id" TEXT;

-- Older rules took sound pictures for damaged or too large, kept raw files without a preview, and showed TIFF and AVIF of some kinds
-- wrongly. The worker's sweep derives them again behind all new uploads. Until then they are shown as before.
UPDATE "revision" SET "picture_version" = 0
WHERE ("state" = 'rejected' AND ("reject_reason" LIKE 'This % could not be read: it is incomplete or damaged.%'
                                 OR "reject_reason" LIKE 'The picture has % megapixels can be displayed.%'))
   OR ("state" = 'kept' AND "content_type" LIKE 'image/x-%')
   OR ("state" = 'ready' AND "content_type" IN ('image/tiff', 'image/avif'));

-- For the worker's sweep: what is derived again. Empty when all is derived.
CREATE INDEX "revision_picture_outdated_idx" ON "revision" ("id")
    WHERE "state" <> 'pending' AND ("picture_version" < 1 OR "spare_derived_id" IS NOT NULL);
