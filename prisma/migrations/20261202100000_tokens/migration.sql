-- API tokens: hashed, scoped, optionally bound to one collection.
CREATE TABLE "token" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "scopes" TEXT[],
    "collection_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "token_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "token_scopes_check" CHECK (
        "scopes" IS NOT NULL AND cardinality("scopes") > 0 AND "scopes" <@ ARRAY['read', 'upload', 'manage']
    )
);

CREATE UNIQUE INDEX "token_hash_key" ON "token"("hash");
CREATE INDEX "token_user_id_created_at_id_idx" ON "token"("user_id", "created_at" DESC, "id" DESC);
CREATE INDEX "token_collection_id_idx" ON "token"("collection_id");
-- The sweep deletes those that expired long ago.
CREATE INDEX "token_expires_at_idx" ON "token"("expires_at") WHERE "expires_at" IS NOT NULL;

ALTER TABLE "token" ADD CONSTRAINT "token_user_id_fkey"
    FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "token" ADD CONSTRAINT "token_collection_id_fkey"
    FOREIGN KEY ("collection_id") REFERENCES "collection"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "event" ADD COLUMN "token_id" UUID, ADD COLUMN "token_name" TEXT;
