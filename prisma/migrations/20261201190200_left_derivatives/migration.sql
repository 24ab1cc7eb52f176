-- For the worker's sweep: revisions that ended without pictures and still name derivatives, which are to be deleted.
CREATE INDEX "revision_left_derivatives_idx" ON "revision"("id") WHERE "derived_id" IS NOT NULL AND "state" IN ('rejected', 'kept');
