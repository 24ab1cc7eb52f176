import { S3ServiceException } from "@aws-sdk/client-s3";
import { AppError, isConnectionError } from "@/lib/errors";

// The SDK's names for connection errors.
const connectionFailed = /^(TimeoutError|NetworkingError)$/;
const throttled = /^(SlowDown|ServiceUnavailable|Throttling\w*|RequestLimitExceeded|InternalError|RequestTimeout)$/;

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const objectGone = /^(NoSuchKey|NoSuchVersion)$/;

/**
 * What a storage error means to the person: AppError NOT_FOUND when the storage says that the object or its version is
 * not there, UNAVAILABLE when it cannot be reached, is overloaded or fails (5xx), INTERNAL for everything else: a refused
 * credential, a missing bucket, a 404 of something that is no S3 are faults of the installation, not of the object.
 * The SDK's error stays as `cause`. Messages name neither keys nor buckets.
 */
export function storageError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  // The whole exchange hangs on it, signature and key included: nothing that a log may print.
  if (error instanceof S3ServiceException) Reflect.deleteProperty(error, "$response");
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  const { name, code } = error instanceof Error ? (error as Error & { code?: string }) : { name: "", code: "" };
  if (objectGone.test(name)) return new AppError("NOT_FOUND", "This file is not in the storage.", { cause: error });
  if (status === 404) {
    return new AppError(
      "INTERNAL",
      "The storage does not know the place where Atoll keeps its files. Nothing you did is lost; tell whoever runs this site.",
      { cause: error },
    );
  }
  if ((status !== undefined && (status >= 500 || status === 429)) || throttled.test(name)) {
    return new AppError(
      "UNAVAILABLE",
      "The storage is overloaded or failing at the moment. Nothing is lost; please try again in a few seconds.",
      { cause: error, retryAfterSeconds: 5 },
    );
  }
  if (connectionFailed.test(name) || isConnectionError(name) || isConnectionError(code ?? "")) {
    return new AppError(
      "UNAVAILABLE",
      "Atoll cannot reach its storage at the moment. Nothing is lost; please try again in a few seconds.",
      { cause: error, retryAfterSeconds: 5 },
    );
  }
  return new AppError("INTERNAL", "The storage refused what Atoll asked of it. Nothing you did is lost.", {
    cause: error,
  });
}

/** Runs a call of the SDK and turns what it throws into an AppError. */
export async function storageCall<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw storageError(error);
  }
}
