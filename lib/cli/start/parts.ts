import { EnvError, type StartEnv } from "@/lib/env";

type Part = "embedded" | "given";
/** Which of the two services `up` starts itself. */
export type Parts = { database: Part; storage: Part };

/** Settings that only a real storage needs. */
const storageOnly = ["S3_BUCKET", "S3_ROLE_ARN", "S3_UPLOAD_ENDPOINTS"] as const;

/**
 * Decides which services are embedded. Both or neither without ATOLL_EMBEDDED: one missing or mistyped name must not start an
 * empty system beside the real one. Throws EnvError with one line that says which settings complete it.
 */
export function chooseParts(start: StartEnv, environment: Readonly<Record<string, string | undefined>>): Parts {
  const { DATABASE_URL: database, S3_ENDPOINT: storage, ATOLL_EMBEDDED: wished } = start;
  if (wished !== undefined) return wishedParts(wished, { database, storage });
  if (database !== undefined && storage === undefined)
    throw new EnvError(
      "S3_ENDPOINT is missing beside DATABASE_URL: name the S3 service, or set ATOLL_EMBEDDED=storage for the embedded store, ATOLL_EMBEDDED=none for AWS by S3_REGION alone",
    );
  if (storage !== undefined && database === undefined)
    throw new EnvError(
      "DATABASE_URL is missing beside S3_ENDPOINT: name the database, or set ATOLL_EMBEDDED=database for the embedded one",
    );
  const alone = storage === undefined ? storageOnly.find((name) => environment[name]) : undefined;
  if (alone !== undefined)
    throw new EnvError(
      `${alone} is set, but neither DATABASE_URL nor S3_ENDPOINT: set both, or ATOLL_EMBEDDED=all for the embedded services`,
    );
  const part = database === undefined ? "embedded" : "given";
  return { database: part, storage: part };
}

type Given = { database: string | undefined; storage: string | undefined };

function wishedParts(wished: NonNullable<StartEnv["ATOLL_EMBEDDED"]>, given: Given): Parts {
  const parts: Parts = {
    database: wished === "all" || wished === "database" ? "embedded" : "given",
    storage: wished === "all" || wished === "storage" ? "embedded" : "given",
  };
  const both = (name: string, noun: string) =>
    new EnvError(
      `ATOLL_EMBEDDED=${wished} starts an embedded ${noun}, but ${name} names another: leave one of them out`,
    );
  if (parts.database === "embedded" && given.database !== undefined) throw both("DATABASE_URL", "database");
  if (parts.storage === "embedded" && given.storage !== undefined) throw both("S3_ENDPOINT", "store");
  if (parts.database === "given" && given.database === undefined)
    throw new EnvError(`DATABASE_URL is missing: ATOLL_EMBEDDED=${wished} starts no database`);
  // Without S3_ENDPOINT a storage that is not embedded is AWS.
  return parts;
}
