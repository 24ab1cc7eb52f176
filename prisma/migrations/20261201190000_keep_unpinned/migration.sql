-- What is kept after a take-over is said by each upload: the time of the last take-over forgets what the ones before protected.
ALTER TABLE "upload" ADD COLUMN "keeps_unpinned" BOOLEAN NOT NULL DEFAULT false;

UPDATE "upload" u SET "keeps_unpinned" = true
FROM "bucket_owner" o
WHERE u."created_at" < o."taken_over_at" AND (u."ended_at" IS NULL OR u."ended_at" > o."taken_over_at");

-- The reaper's list leaves these out: they hold up no others.
DROP INDEX "upload_to_reap_idx";
CREATE INDEX "upload_to_reap_idx" ON "upload"("reap_at") WHERE "reap_at" IS NOT NULL AND NOT "keeps_unpinned";

-- The database server's timeline when this database last became the owner: another one says that a replica was promoted, which may
-- lack the last seconds.
ALTER TABLE "bucket_owner" ADD COLUMN "timeline" INTEGER;
