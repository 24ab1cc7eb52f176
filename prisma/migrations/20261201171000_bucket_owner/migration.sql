-- Who this database is towards the bucket. The row is made at the first look at the bucket, not here: copies of an empty,
-- migrated database are different installations.
CREATE TABLE "bucket_owner" (
    "id" BOOLEAN NOT NULL DEFAULT true,
    "installation_id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "generation" INTEGER NOT NULL DEFAULT 1,
    "previous_mark" TEXT,
    "mark" TEXT,
    "next_mark" TEXT NOT NULL,
    "marked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "taken_over_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "bucket_owner_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "bucket_owner_one_row" CHECK ("id"),
    CONSTRAINT "bucket_owner_generation_is_positive" CHECK ("generation" > 0)
);
