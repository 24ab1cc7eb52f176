-- AlterTable
ALTER TABLE "user" ADD COLUMN     "quota_bytes" BIGINT,
ADD COLUMN     "reserved_bytes" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "used_bytes" BIGINT NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "collection" ADD COLUMN     "quota_bytes" BIGINT,
ADD COLUMN     "reserved_bytes" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "used_bytes" BIGINT NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "upload" ADD COLUMN     "checksum" TEXT,
ADD COLUMN     "cleaned_at" TIMESTAMPTZ(3),
ADD COLUMN     "reserved_bytes" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "undone_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "revision" ADD COLUMN     "crc64nvme" TEXT,
ADD COLUMN     "sha256" TEXT,
ADD COLUMN     "sha256_proven" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "upload_file" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "upload_id" UUID NOT NULL,
    "path" TEXT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "content_type" TEXT,
    "sha256" TEXT,
    "md5" TEXT,
    "crc64nvme" TEXT,
    "modified_ms" BIGINT,
    "reserved_bytes" BIGINT NOT NULL DEFAULT 0,
    "s3_upload_id" TEXT,
    "part_size" INTEGER,
    "completed_at" TIMESTAMPTZ(3),
    "stale_version" TEXT,
    "copy_of_id" UUID,
    "same_as_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "upload_file_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency_key" (
    "user_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "upload_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("user_id","key")
);

-- CreateIndex
CREATE UNIQUE INDEX "upload_file_upload_id_path_key" ON "upload_file"("upload_id", "path");

-- CreateIndex
CREATE INDEX "idempotency_key_created_at_idx" ON "idempotency_key"("created_at");

-- CreateIndex
CREATE INDEX "idempotency_key_upload_id_idx" ON "idempotency_key"("upload_id");

-- CreateIndex
CREATE INDEX "revision_upload_id_id_idx" ON "revision"("upload_id", "id");

-- AddForeignKey
ALTER TABLE "upload_file" ADD CONSTRAINT "upload_file_upload_id_fkey" FOREIGN KEY ("upload_id") REFERENCES "upload"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "upload_file" ADD CONSTRAINT "upload_file_copy_of_id_fkey" FOREIGN KEY ("copy_of_id") REFERENCES "revision"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "upload_file" ADD CONSTRAINT "upload_file_same_as_id_fkey" FOREIGN KEY ("same_as_id") REFERENCES "revision"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "idempotency_key" ADD CONSTRAINT "idempotency_key_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "idempotency_key" ADD CONSTRAINT "idempotency_key_upload_id_fkey" FOREIGN KEY ("upload_id") REFERENCES "upload"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- What must hold whatever the code does.
ALTER TABLE "user"
  ADD CONSTRAINT "user_bytes_positive" CHECK ("used_bytes" >= 0 AND "reserved_bytes" >= 0 AND ("quota_bytes" IS NULL OR "quota_bytes" >= 0));

ALTER TABLE "collection"
  ADD CONSTRAINT "collection_bytes_positive" CHECK ("used_bytes" >= 0 AND "reserved_bytes" >= 0 AND ("quota_bytes" IS NULL OR "quota_bytes" >= 0));

ALTER TABLE "upload"
  ADD CONSTRAINT "upload_checksum_known" CHECK ("checksum" = 'sha256'),
  ADD CONSTRAINT "upload_reserved_positive" CHECK ("reserved_bytes" >= 0),
  ADD CONSTRAINT "upload_reserved_while_it_lasts" CHECK ("reserved_bytes" = 0 OR "state" IN ('open', 'sealed')),
  ADD CONSTRAINT "upload_cleaned_after_its_end" CHECK ("cleaned_at" IS NULL OR "state" IN ('verified', 'aborted', 'expired'));

ALTER TABLE "revision"
  ADD CONSTRAINT "revision_sha256_hex" CHECK ("sha256" ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT "revision_sha256_proven_is_there" CHECK (NOT "sha256_proven" OR "sha256" IS NOT NULL),
  ADD CONSTRAINT "revision_crc64nvme_base64" CHECK (char_length("crc64nvme") = 12);

ALTER TABLE "upload_file"
  ADD CONSTRAINT "upload_file_path_length" CHECK (octet_length("path") BETWEEN 1 AND 512),
  ADD CONSTRAINT "upload_file_path_relative" CHECK (left("path", 1) <> '/'),
  ADD CONSTRAINT "upload_file_size_positive" CHECK ("size_bytes" > 0),
  ADD CONSTRAINT "upload_file_reserved_size" CHECK ("reserved_bytes" IN (0, "size_bytes")),
  ADD CONSTRAINT "upload_file_parts_have_a_size" CHECK (coalesce("part_size" > 0, "s3_upload_id" IS NULL AND "completed_at" IS NULL)),
  ADD CONSTRAINT "upload_file_known_once" CHECK ("copy_of_id" IS NULL OR "same_as_id" IS NULL),
  ADD CONSTRAINT "upload_file_sha256_hex" CHECK ("sha256" ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT "upload_file_md5_hex" CHECK ("md5" ~ '^[0-9a-f]{32}$'),
  ADD CONSTRAINT "upload_file_crc64nvme_base64" CHECK (char_length("crc64nvme") = 12);

ALTER TABLE "idempotency_key"
  ADD CONSTRAINT "idempotency_key_length" CHECK (char_length("key") BETWEEN 1 AND 255);

-- Bytes that are known already: by their checksum, and by their size whether asking for the checksum is worth it.
CREATE INDEX "revision_sha256_idx" ON "revision"("sha256") WHERE "sha256" IS NOT NULL;
CREATE INDEX "revision_known_size_idx" ON "revision"("size_bytes") WHERE "sha256" IS NOT NULL;

-- The few files of an upload that are not to be sent, and the way back from a revision.
CREATE INDEX "upload_file_to_copy_idx" ON "upload_file"("upload_id", "path") WHERE "copy_of_id" IS NOT NULL;
CREATE INDEX "upload_file_same_idx" ON "upload_file"("upload_id", "id") WHERE "same_as_id" IS NOT NULL;
CREATE INDEX "upload_file_copy_of_idx" ON "upload_file"("copy_of_id") WHERE "copy_of_id" IS NOT NULL;
CREATE INDEX "upload_file_same_as_idx" ON "upload_file"("same_as_id") WHERE "same_as_id" IS NOT NULL;

-- What the worker's sweep looks for each minute: ended uploads whose prefix nobody has tidied yet.
CREATE INDEX "upload_unclean_idx" ON "upload"("ended_at") WHERE "cleaned_at" IS NULL AND "ended_at" IS NOT NULL;

-- What is there counts.
UPDATE "collection" SET "used_bytes" = total."bytes"
FROM (
  SELECT m."collection_id" AS "id", sum(r."size_bytes")::bigint AS "bytes"
  FROM "revision" r JOIN "media" m ON m."id" = r."media_id" GROUP BY m."collection_id"
) AS total
WHERE total."id" = "collection"."id";

UPDATE "user" SET "used_bytes" = total."bytes"
FROM (
  SELECT u."created_by_id" AS "id", sum(r."size_bytes")::bigint AS "bytes"
  FROM "revision" r JOIN "upload" u ON u."id" = r."upload_id" GROUP BY u."created_by_id"
) AS total
WHERE total."id" = "user"."id";
