-- Rules 1 took points without data of a TIFF for bright ones. Pictures of this type are derived again, of others only those that older
-- rules decoded: no row is written, and the sweep's index says which they are.
DROP INDEX "revision_picture_outdated_idx";
CREATE INDEX "revision_picture_outdated_idx" ON "revision" ("id")
    WHERE "state" <> 'pending'
      AND ("picture_version" < CASE "content_type" WHEN 'image/tiff' THEN 2 ELSE 1 END OR "spare_derived_id" IS NOT NULL);
