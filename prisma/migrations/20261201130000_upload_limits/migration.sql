-- How many uploads a person has open.
CREATE INDEX "upload_open_by_idx" ON "upload"("created_by_id") WHERE "state" = 'open';
