/**
 * Error codes shown to clients, with their HTTP status. Forbidden is NOT_FOUND, so that a response does not reveal what
 * exists.
 */
export const errorStatus = {
  /** Not even the beginning of a valid request: not JSON, nested too deep. */
  MALFORMED: 400,
  UNAUTHENTICATED: 401,
  /** The request came from a page of another site, or of this one at another address than ATOLL_URL. */
  ORIGIN: 403,
  /** The request's API token is not for this, whatever it is about. What its user may not see is NOT_FOUND. */
  SCOPE: 403,
  NOT_FOUND: 404,
  METHOD: 405,
  CONFLICT: 409,
  /** The same request, by its `Idempotency-Key`, is being answered. */
  RUNNING: 409,
  /** What was open has ended by itself: its time ran out. */
  GONE: 410,
  /** `If-Match`: it has changed since it was read. */
  CHANGED: 412,
  TOO_LARGE: 413,
  MEDIA_TYPE: 415,
  INVALID: 422,
  /** The database does not own the bucket: nothing may be written to it until the operator takes it over. */
  READ_ONLY: 423,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  /** This site's storage or configuration cannot do it, and never will without a change. */
  UNSUPPORTED: 501,
  UNAVAILABLE: 503,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** Returns the `type` of the problem details of an error (RFC 9457, 3.1.1). */
export function problemType(code: ErrorCode): string {
  return `urn:atoll:error:${code.toLowerCase().replaceAll("_", "-")}`;
}

const transient: ReadonlySet<ErrorCode> = new Set(["RUNNING", "RATE_LIMITED", "INTERNAL", "UNAVAILABLE"]);

/** Tells whether the same call can succeed later without any change. INTERNAL may repeat: retry it a few times only. */
export function isTransient(code: ErrorCode): boolean {
  return transient.has(code);
}

const connectionError =
  /^(ECONN\w+|ENOTFOUND|EAI_AGAIN|EPIPE|EHOSTUNREACH|ENETUNREACH|ENETDOWN|ETIMEDOUT|ERR_SOCKET\w*)$/;

/** Tells whether a code of Node means that a connection broke or could not be made (https://nodejs.org/api/errors.html). */
export function isConnectionError(code: string): boolean {
  return connectionError.test(code);
}

export type FieldIssue = { path: string; message: string };

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly issues: readonly FieldIssue[];
  readonly retryAfterSeconds: number | undefined;
  /** For SCOPE: a token needs one of these. */
  readonly scopes: readonly string[];

  /** `message` is shown to the user: what failed, why, what is safe, what to do. It must not contain keys or secrets. */
  constructor(
    code: ErrorCode,
    message: string,
    options: {
      issues?: readonly FieldIssue[];
      retryAfterSeconds?: number;
      scopes?: readonly string[];
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.issues = options.issues ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.scopes = options.scopes ?? [];
  }
}

/** Returns the error for missing and for forbidden objects: one error, so that a response does not reveal what exists. */
export function notFound(noun: string): AppError {
  return new AppError("NOT_FOUND", `This ${noun} does not exist, or you do not have access to it.`);
}

/** Returns the error for an edit of a version that is not the current one any more. */
export function changedMeanwhile(noun: string): AppError {
  return new AppError("CHANGED", `This ${noun} was changed since you read it. Nothing was overwritten. Read it again.`);
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Returns the id in lower case. Throws NOT_FOUND for a malformed id, which the database would reject with its own error, and for what
 * is no text: an action gets whatever was sent.
 */
export function requireId(id: unknown, noun: string): string {
  if (typeof id !== "string" || !uuid.test(id)) throw notFound(noun);
  // PostgreSQL ignores the case of a UUID. Object keys and job names do not.
  return id.toLowerCase();
}

// Prisma: cannot reach, timed out, connection closed, pool or transaction timeout, write conflict
// (https://www.prisma.io/docs/orm/reference/error-reference).
// PostgreSQL: shutting down, starting up (https://www.postgresql.org/docs/current/errcodes-appendix.html).
const databaseUnreachable = new Set([
  "P1001",
  "P1002",
  "P1008",
  "P1017",
  "P2024",
  "P2028",
  "P2034",
  "P2037",
  "57P01",
  "57P03",
]);

function isUnreachable(error: unknown, depth = 0): boolean {
  if (typeof error !== "object" || error === null || depth > 5) return false;
  const { code, name, kind, cause, errors, message, meta } = error as Record<string, unknown>;
  if (typeof code === "string" && (isConnectionError(code) || databaseUnreachable.has(code))) return true;
  if (name === "PrismaClientInitializationError" || kind === "DatabaseNotReachable") return true;
  if (
    typeof message === "string" &&
    /Connection terminated|timeout exceeded when trying to connect|Query read timeout/.test(message)
  )
    return true;
  // Raw queries carry the reason in meta.driverAdapterError.
  if (
    typeof meta === "object" &&
    meta &&
    "driverAdapterError" in meta &&
    isUnreachable(meta.driverAdapterError, depth + 1)
  )
    return true;
  return isUnreachable(cause, depth + 1) || (Array.isArray(errors) && errors.some((e) => isUnreachable(e, depth + 1)));
}

// Prisma: too long, a constraint failed, not a valid value, out of range (P2020, P2033), and values that it does not send.
// PostgreSQL's classes 22 and 23: a value that its column or a constraint refuses.
const refusedValue = /^(P2000|P2003|P2004|P2005|P2006|P2007|P2011|P2019|P2020|P2023|P2033|2[23][0-9A-Z]{3})$/;

/** Tells whether the database refuses what is to be written: it would again at each attempt. */
export function isRefusedByDatabase(error: unknown, depth = 0): boolean {
  if (typeof error !== "object" || error === null || depth > 5) return false;
  const { code, originalCode, name, cause, meta } = error as Record<string, unknown>;
  if ([code, originalCode].some((one) => typeof one === "string" && refusedValue.test(one))) return true;
  if (name === "PrismaClientValidationError") return true;
  const inner = typeof meta === "object" && meta && "driverAdapterError" in meta ? meta.driverAdapterError : null;
  return isRefusedByDatabase(cause, depth + 1) || isRefusedByDatabase(inner, depth + 1);
}

/** Converts anything thrown to an AppError. Actions, routes and pages turn it into their own result. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isUnreachable(error)) {
    return new AppError(
      "UNAVAILABLE",
      "Atoll cannot reach its database or storage. Nothing is lost. Try again in a few seconds.",
      { cause: error, retryAfterSeconds: 5 },
    );
  }
  return new AppError("INTERNAL", "Something went wrong on the server. Your saved data is safe. Try again.", {
    cause: error,
  });
}
