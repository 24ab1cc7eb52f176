-- CreateTable
CREATE TABLE "sign_up_invitation" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "token_hash" TEXT,
    "email" TEXT,
    "is_mailed" BOOLEAN NOT NULL DEFAULT false,
    "parent_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sign_up_invitation_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "sign_up_invitation_token_hash_key" ON "sign_up_invitation"("token_hash");

-- CreateIndex
CREATE INDEX "sign_up_invitation_parent_id_idx" ON "sign_up_invitation"("parent_id");

-- CreateIndex
CREATE INDEX "sign_up_invitation_expires_at_idx" ON "sign_up_invitation"("expires_at");

-- AddForeignKey
ALTER TABLE "sign_up_invitation" ADD CONSTRAINT "sign_up_invitation_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "sign_up_invitation"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- A mailed invitation proves an address, so it has one. One that is not mailed was shown when it was made, so it has a token.
ALTER TABLE "sign_up_invitation"
  ADD CONSTRAINT "sign_up_invitation_mailed_to_an_address" CHECK (NOT "is_mailed" OR "email" IS NOT NULL),
  ADD CONSTRAINT "sign_up_invitation_has_a_token" CHECK ("is_mailed" OR "token_hash" IS NOT NULL);

-- For the worker's sweep: invitations that are to be mailed.
CREATE INDEX "sign_up_invitation_to_mail_idx" ON "sign_up_invitation"("created_at") WHERE "token_hash" IS NULL;

-- next-auth's tokens for sign-in by e-mail, which Atoll does not offer: no row was ever written.
DROP TABLE "verification_token";
