-- Rules 1 took the offset of a picture's last change for the camera's. What they read is read again: the sweep's index holds it, too.
DROP INDEX "revision_metadata_outdated_idx";
CREATE INDEX "revision_metadata_outdated_idx" ON "revision" ("id")
    WHERE "metadata_version" < 2 AND "state" IN ('ready', 'kept') AND "content_type" LIKE 'image/%';
