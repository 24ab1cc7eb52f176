-- CreateEnum
CREATE TYPE "Visibility" AS ENUM ('private', 'preview', 'public');

-- CreateEnum
CREATE TYPE "Role" AS ENUM ('viewer', 'contributor', 'editor', 'owner');

-- CreateEnum
CREATE TYPE "UploadState" AS ENUM ('open', 'sealed', 'verified', 'aborted', 'expired');

-- CreateEnum
CREATE TYPE "UploadConflict" AS ENUM ('revision', 'skip', 'fail');

-- CreateEnum
CREATE TYPE "RevisionState" AS ENUM ('pending', 'ready', 'kept', 'rejected');

-- CreateTable
CREATE TABLE "user" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "email" TEXT NOT NULL,
    "email_verified" TIMESTAMPTZ(3),
    "name" TEXT,
    "image" TEXT,
    "password_hash" TEXT,
    "is_admin" BOOLEAN NOT NULL DEFAULT false,
    "session_epoch" INTEGER NOT NULL DEFAULT 0,
    "disabled_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "account" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "provider_account_id" TEXT NOT NULL,
    "refresh_token" TEXT,
    "access_token" TEXT,
    "expires_at" INTEGER,
    "token_type" TEXT,
    "scope" TEXT,
    "id_token" TEXT,
    "session_state" TEXT,

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "session_token" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "expires" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "verification_token" (
    "identifier" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "expires" TIMESTAMPTZ(3) NOT NULL
);

-- CreateTable
CREATE TABLE "collection" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "visibility" "Visibility" NOT NULL DEFAULT 'private',
    "created_by_id" UUID,
    "media_count" INTEGER NOT NULL DEFAULT 0,
    "size_bytes" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "collection_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "member" (
    "collection_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "role" "Role" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "member_pkey" PRIMARY KEY ("collection_id","user_id")
);

-- CreateTable
CREATE TABLE "upload" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "collection_id" UUID NOT NULL,
    "created_by_id" UUID,
    "label" TEXT NOT NULL DEFAULT '',
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "conflict" "UploadConflict" NOT NULL DEFAULT 'revision',
    "state" "UploadState" NOT NULL DEFAULT 'open',
    "planned_files" INTEGER,
    "planned_bytes" BIGINT,
    "verified_files" INTEGER NOT NULL DEFAULT 0,
    "verified_bytes" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "sealed_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "upload_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "upload_rejection" (
    "upload_id" UUID NOT NULL,
    "path" TEXT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "reason" TEXT NOT NULL,

    CONSTRAINT "upload_rejection_pkey" PRIMARY KEY ("upload_id","path")
);

-- CreateTable
CREATE TABLE "media" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "collection_id" UUID NOT NULL,
    "path" TEXT NOT NULL,
    "title" TEXT,
    "created_by_id" UUID,
    "current_revision_id" UUID,
    "taken_at" TIMESTAMPTZ(3) NOT NULL,
    "latitude" DOUBLE PRECISION,
    "longitude" DOUBLE PRECISION,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "media_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "revision" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "media_id" UUID NOT NULL,
    "upload_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "version_id" TEXT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "etag" TEXT NOT NULL,
    "md5" TEXT,
    "content_type" TEXT,
    "state" "RevisionState" NOT NULL DEFAULT 'pending',
    "reject_reason" TEXT,
    "width" INTEGER,
    "height" INTEGER,
    "taken_at" TIMESTAMPTZ(3),
    "latitude" DOUBLE PRECISION,
    "longitude" DOUBLE PRECISION,
    "derived_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "revision_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor_id" UUID,
    "actor_name" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject_type" TEXT NOT NULL,
    "subject_id" TEXT NOT NULL,
    "collection_id" UUID,
    "detail" JSONB NOT NULL DEFAULT '{}',
    "ip_address" TEXT,

    CONSTRAINT "event_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "user_email_key" ON "user"("email");

-- CreateIndex
CREATE INDEX "account_user_id_idx" ON "account"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "account_provider_provider_account_id_key" ON "account"("provider", "provider_account_id");

-- CreateIndex
CREATE UNIQUE INDEX "session_session_token_key" ON "session"("session_token");

-- CreateIndex
CREATE INDEX "session_user_id_idx" ON "session"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "verification_token_token_key" ON "verification_token"("token");

-- CreateIndex
CREATE UNIQUE INDEX "verification_token_identifier_token_key" ON "verification_token"("identifier", "token");

-- CreateIndex
CREATE UNIQUE INDEX "collection_slug_key" ON "collection"("slug");

-- CreateIndex
CREATE INDEX "collection_created_by_id_idx" ON "collection"("created_by_id");

-- CreateIndex
CREATE INDEX "member_user_id_collection_id_idx" ON "member"("user_id", "collection_id");

-- CreateIndex
CREATE INDEX "upload_collection_id_created_at_idx" ON "upload"("collection_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "upload_state_expires_at_idx" ON "upload"("state", "expires_at");

-- CreateIndex
CREATE INDEX "upload_created_by_id_idx" ON "upload"("created_by_id");

-- CreateIndex
CREATE UNIQUE INDEX "media_current_revision_id_key" ON "media"("current_revision_id");

-- CreateIndex
CREATE INDEX "media_created_by_id_idx" ON "media"("created_by_id");

-- CreateIndex
CREATE UNIQUE INDEX "media_collection_id_path_key" ON "media"("collection_id", "path");

-- CreateIndex
CREATE UNIQUE INDEX "revision_derived_id_key" ON "revision"("derived_id");

-- CreateIndex
CREATE INDEX "revision_upload_id_state_idx" ON "revision"("upload_id", "state");

-- CreateIndex
CREATE UNIQUE INDEX "revision_media_id_number_key" ON "revision"("media_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "revision_key_version_id_key" ON "revision"("key", "version_id");

-- CreateIndex
CREATE INDEX "event_collection_id_id_idx" ON "event"("collection_id", "id" DESC);

-- CreateIndex
CREATE INDEX "event_action_subject_id_at_idx" ON "event"("action", "subject_id", "at");

-- CreateIndex
CREATE INDEX "event_action_ip_address_at_idx" ON "event"("action", "ip_address", "at");

-- AddForeignKey
ALTER TABLE "account" ADD CONSTRAINT "account_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "collection" ADD CONSTRAINT "collection_created_by_id_fkey" FOREIGN KEY ("created_by_id") REFERENCES "user"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "member" ADD CONSTRAINT "member_collection_id_fkey" FOREIGN KEY ("collection_id") REFERENCES "collection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "member" ADD CONSTRAINT "member_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "upload" ADD CONSTRAINT "upload_collection_id_fkey" FOREIGN KEY ("collection_id") REFERENCES "collection"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "upload" ADD CONSTRAINT "upload_created_by_id_fkey" FOREIGN KEY ("created_by_id") REFERENCES "user"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "upload_rejection" ADD CONSTRAINT "upload_rejection_upload_id_fkey" FOREIGN KEY ("upload_id") REFERENCES "upload"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "media" ADD CONSTRAINT "media_collection_id_fkey" FOREIGN KEY ("collection_id") REFERENCES "collection"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "media" ADD CONSTRAINT "media_created_by_id_fkey" FOREIGN KEY ("created_by_id") REFERENCES "user"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "media" ADD CONSTRAINT "media_current_revision_id_fkey" FOREIGN KEY ("current_revision_id") REFERENCES "revision"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "revision" ADD CONSTRAINT "revision_media_id_fkey" FOREIGN KEY ("media_id") REFERENCES "media"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "revision" ADD CONSTRAINT "revision_upload_id_fkey" FOREIGN KEY ("upload_id") REFERENCES "upload"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What must hold whatever the code does.
ALTER TABLE "user"
  ADD CONSTRAINT "user_email_lowercase" CHECK ("email" = lower("email") AND char_length("email") BETWEEN 3 AND 254),
  ADD CONSTRAINT "user_session_epoch_positive" CHECK ("session_epoch" >= 0);

ALTER TABLE "collection"
  ADD CONSTRAINT "collection_slug_shape" CHECK ("slug" ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length("slug") <= 64),
  ADD CONSTRAINT "collection_name_length" CHECK (char_length("name") BETWEEN 1 AND 120),
  ADD CONSTRAINT "collection_counts_positive" CHECK ("media_count" >= 0 AND "size_bytes" >= 0);

ALTER TABLE "upload"
  ADD CONSTRAINT "upload_counts_positive" CHECK (
    "verified_files" >= 0 AND "verified_bytes" >= 0
    AND ("planned_files" IS NULL OR "planned_files" >= 0) AND ("planned_bytes" IS NULL OR "planned_bytes" >= 0)
  ),
  ADD CONSTRAINT "upload_sealed_at_set" CHECK ("state" NOT IN ('sealed', 'verified') OR "sealed_at" IS NOT NULL);

ALTER TABLE "media"
  ADD CONSTRAINT "media_path_length" CHECK (octet_length("path") BETWEEN 1 AND 512),
  ADD CONSTRAINT "media_path_relative" CHECK (left("path", 1) <> '/'),
  ADD CONSTRAINT "media_latitude_range" CHECK ("latitude" BETWEEN -90 AND 90),
  ADD CONSTRAINT "media_longitude_range" CHECK ("longitude" BETWEEN -180 AND 180);

ALTER TABLE "revision"
  ADD CONSTRAINT "revision_number_positive" CHECK ("number" >= 1),
  ADD CONSTRAINT "revision_size_positive" CHECK ("size_bytes" >= 0),
  ADD CONSTRAINT "revision_dimensions_positive" CHECK ("width" > 0 AND "height" > 0),
  ADD CONSTRAINT "revision_rejected_with_reason" CHECK (("state" = 'rejected') = ("reject_reason" IS NOT NULL)),
  ADD CONSTRAINT "revision_ready_is_complete" CHECK (
    "state" <> 'ready' OR ("width" IS NOT NULL AND "height" IS NOT NULL AND "derived_id" IS NOT NULL AND "content_type" IS NOT NULL)
  );

-- What the worker's sweep looks for each minute: a few rows of millions.
CREATE INDEX "revision_pending_idx" ON "revision"("created_at") WHERE "state" = 'pending';
CREATE INDEX "upload_sealed_idx" ON "upload"("sealed_at") WHERE "state" = 'sealed';

-- The gallery's order, without the trash: a page beside half a million trashed media costs as little as any.
CREATE INDEX "media_gallery_idx" ON "media"("collection_id", "taken_at" DESC, "id" DESC) WHERE "deleted_at" IS NULL;

-- The few uploads of a collection that somebody may still have to see to.
CREATE INDEX "upload_unfinished_idx" ON "upload"("collection_id", "created_at" DESC) WHERE "state" IN ('open', 'sealed');
