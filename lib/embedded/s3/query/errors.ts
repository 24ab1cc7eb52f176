import { PolicyError } from "@/lib/policy/error";
import { S3Error, type S3ErrorCode } from "../protocol/errors";

/**
 * Error codes of the query protocol, with their HTTP status.
 * Sources: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and the pages of each action
 */
const statuses = {
  AccessDenied: 403,
  AuthorizationError: 403,
  DeleteConflict: 409,
  EntityAlreadyExists: 409,
  ExpiredToken: 403,
  IncompleteSignature: 400,
  InternalFailure: 500,
  InvalidAction: 400,
  InvalidClientTokenId: 403,
  InvalidParameter: 400,
  LimitExceeded: 409,
  MalformedPolicyDocument: 400,
  MalformedQueryString: 404,
  MissingAction: 400,
  MissingAuthenticationToken: 403,
  NoSuchEntity: 404,
  NotFound: 404,
  NotImplemented: 501,
  PackedPolicyTooLarge: 400,
  RequestEntityTooLarge: 413,
  RequestExpired: 400,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  TopicLimitExceeded: 403,
  UnmodifiableEntity: 400,
  ValidationError: 400,
} as const;

export type QueryErrorCode = keyof typeof statuses;

/** An answer of STS, IAM or SNS that is an error. */
export class QueryError extends Error {
  readonly status: number;

  constructor(
    readonly code: QueryErrorCode,
    message: string,
  ) {
    super(message);
    this.name = "QueryError";
    this.status = statuses[code];
  }
}

/** Error codes of S3 in STS and IAM; with a message when it differs from S3's. */
const translations: Partial<Record<S3ErrorCode, readonly [QueryErrorCode, message?: string]>> = {
  AccessDenied: ["AccessDenied"],
  AuthorizationHeaderMalformed: ["IncompleteSignature"],
  AuthorizationQueryParametersError: ["IncompleteSignature"],
  ExpiredToken: ["ExpiredToken", "The security token included in the request is expired"],
  InsufficientStorage: ["ServiceUnavailable", "The disk of the store is full. Nothing was changed."],
  InvalidAccessKeyId: ["InvalidClientTokenId", "The security token included in the request is invalid."],
  InvalidArgument: ["MalformedQueryString"],
  InvalidRequest: ["IncompleteSignature"],
  InvalidToken: ["InvalidClientTokenId", "The security token included in the request is invalid."],
  InvalidURI: ["MalformedQueryString", "The query string contains a syntax error."],
  RequestTimeTooSkewed: ["RequestExpired"],
  SignatureDoesNotMatch: ["SignatureDoesNotMatch"],
};

/** Converts a thrown value to an error of STS and IAM; an unknown one becomes InternalFailure. */
export function toQueryError(thrown: unknown): QueryError {
  if (thrown instanceof QueryError) return thrown;
  if (thrown instanceof PolicyError) return new QueryError("MalformedPolicyDocument", thrown.message);
  const [code, message] = (thrown instanceof S3Error && translations[thrown.code]) || ["InternalFailure" as const];
  if (code === "InternalFailure") return new QueryError(code, "The request processing has failed. Please try again.");
  return new QueryError(code, message ?? (thrown as S3Error).message);
}
