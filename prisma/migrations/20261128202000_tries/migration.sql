-- AlterTable
ALTER TABLE "upload" ADD COLUMN     "reap_tried_at" TIMESTAMPTZ(3),
ADD COLUMN     "verify_tried_at" TIMESTAMPTZ(3);
