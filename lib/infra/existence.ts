import { AppError } from "@/lib/errors";
import type { Storage } from "@/lib/storage/client";
import { bucket, createMissing } from "./aspects/bucket";
import { planAspect, rethrowUnavailable } from "./plan";
import { mediaBucket } from "./settings";

/**
 * Checks that the bucket exists; creates it unless `whyNot` returns a reason, the second half of a sentence. Returns whether it
 * was created. Throws AppError UNAVAILABLE when the storage cannot be reached, INTERNAL when the bucket is missing or cannot be
 * used.
 */
export async function ensureBucket(storage: Storage, whyNot: () => Promise<string | null>): Promise<boolean> {
  // The settings are not looked at: only whether the bucket is there.
  const settings = mediaBucket({ bucket: storage.bucket, origins: ["http://localhost"], secure: false });
  const plan = await planAspect(bucket, { storage, settings });
  if (plan.state === "equal") return false;
  if (plan.state !== "differs")
    throw new AppError(
      "INTERNAL",
      `The bucket ${storage.bucket} cannot be used. ${plan.detail ?? ""} Nothing was changed.`,
    );
  const reason = await whyNot();
  if (reason !== null)
    throw new AppError(
      "INTERNAL",
      `S3_BUCKET: there is no bucket ${storage.bucket}, and it is not created, because ${reason}. Nothing was changed. Set S3_BUCKET to the bucket of this database.`,
    );
  try {
    await createMissing(storage);
  } catch (error) {
    rethrowUnavailable(error);
    const { message } = error as Error;
    throw new AppError("INTERNAL", `The bucket ${storage.bucket} could not be created: ${message}`, { cause: error });
  }
  return true;
}
