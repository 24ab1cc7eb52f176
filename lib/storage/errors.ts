import { S3ServiceException } from "@aws-sdk/client-s3";
import { AppError, isConnectionError } from "@/lib/errors";

// The SDK's names for connection errors.
const connectionFailed = /^(TimeoutError|NetworkingError)$/;
const throttled = /^(SlowDown|ServiceUnavailable|Throttling\w*|RequestLimitExceeded|InternalError|RequestTimeout)$/;

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const objectMissing = /^(NoSuchKey|NoSuchVersion)$/;

/**
 * Converts an error of the SDK to an AppError: NOT_FOUND when the object or version does not exist; UNAVAILABLE when the
 * storage cannot be reached, is overloaded or fails (5xx, 429); INTERNAL for everything else, such as rejected credentials,
 * a missing bucket, or a 404 of a server that is not S3. The SDK's error is the `cause`. Messages contain no keys or buckets.
 */
export function storageError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof S3ServiceException) removeSecrets(error);
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  const { name, code } = error instanceof Error ? (error as Error & { code?: string }) : { name: "", code: "" };
  if (objectMissing.test(name))
    return new AppError("NOT_FOUND", "This file does not exist in the storage.", { cause: error });
  if (status === 404) {
    return new AppError(
      "INTERNAL",
      "The storage does not have Atoll's bucket. Your saved data is safe. Tell the site's administrator.",
      { cause: error },
    );
  }
  if ((status !== undefined && (status >= 500 || status === 429)) || throttled.test(name)) {
    return new AppError(
      "UNAVAILABLE",
      "The storage is overloaded or failing. Nothing is lost. Try again in a few seconds.",
      { cause: error, retryAfterSeconds: 5 },
    );
  }
  if (connectionFailed.test(name) || isConnectionError(name) || isConnectionError(code ?? "")) {
    return new AppError("UNAVAILABLE", "Atoll cannot reach its storage. Nothing is lost. Try again in a few seconds.", {
      cause: error,
      retryAfterSeconds: 5,
    });
  }
  return new AppError(
    "INTERNAL",
    "The storage rejected the request. Your saved data is safe. Tell the site's administrator.",
    {
      cause: error,
    },
  );
}

const loggable = new Set(["name", "message", "code", "Code", "$fault", "$metadata", "$service"]);

/**
 * Removes from an SDK's error what must not reach a log: `$response` has the request with signature and key, and the fields of S3's own
 * error, which the SDK copies, repeat session tokens and what was signed.
 */
export function removeSecrets(error: Error): void {
  for (const name of Object.keys(error)) if (!loggable.has(name)) Reflect.deleteProperty(error, name);
  Reflect.deleteProperty(error, "$response");
}

/** Runs an SDK call and converts its errors by `storageError`. */
export async function storageCall<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw storageError(error);
  }
}

/** Whether an error has one of S3's error codes as its name. */
export function isNamed(error: unknown, ...names: string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

/** Runs an SDK call about a multipart upload. Returns null where there is none: Ceph 16 responds NoSuchKey for a completed one. */
export async function orNullIfMissing<Result>(call: () => Promise<Result>): Promise<Result | null> {
  try {
    return await call();
  } catch (error) {
    if (isNamed(error, "NoSuchUpload", "NoSuchKey")) return null;
    throw error;
  }
}
