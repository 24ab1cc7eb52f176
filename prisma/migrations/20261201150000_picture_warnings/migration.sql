-- What is shown of a damaged picture is part of it, and some pictures are not shown as they are stored.
ALTER TABLE "revision" ADD COLUMN "warning" TEXT, ADD COLUMN "display_note" TEXT;
ALTER TABLE "revision" ADD CONSTRAINT "revision_shown_with_warning"
    CHECK ("state" = 'ready' OR ("warning" IS NULL AND "display_note" IS NULL));

-- Pictures that older rules took for damaged or too large, and raw files, may be shown now. The worker's sweep derives them.
UPDATE "revision" SET "state" = 'pending', "reject_reason" = NULL
WHERE ("state" = 'rejected' AND ("reject_reason" LIKE 'This % could not be read: it is incomplete or damaged.%'
                                 OR "reject_reason" LIKE 'The picture has % megapixels can be displayed.%'))
   OR ("state" = 'kept' AND "content_type" LIKE 'image/x-%');
