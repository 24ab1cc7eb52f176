-- A key is claimed before what it creates exists, so that the same request at the same time is told to wait.
ALTER TABLE "idempotency_key"
    ALTER COLUMN "subject_id" DROP NOT NULL,
    ADD COLUMN "attempt" UUID NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN "running_until" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
