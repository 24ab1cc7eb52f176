-- The few uploads that hold more than there is room for are looked for whenever a policy is signed.
CREATE INDEX "upload_over_idx" ON "upload"("collection_id") WHERE "over_since" IS NOT NULL;
