-- Temporary credentials of an upload outlive its policies: it is not ended for its bytes before they have expired.
ALTER TABLE "upload" ADD COLUMN "credentials_until" TIMESTAMPTZ(3);
