import { type ErrorCode, isTransient } from "@/lib/errors";

/** Everything that can go wrong, for one file or for the upload as a whole. `failure-messages.ts` has the text of each. */
export const failureCodes = [
  "too-large",
  "bad-path",
  "duplicate",
  "unreadable",
  "changed",
  "network",
  "server",
  "slow",
  "access-denied",
  "quota",
  "refused",
  "unreachable",
  "policy-expired",
  "policy-refused",
  "no-bucket",
  "signed-out",
  "not-opened",
  "gone",
  "closed",
  "finished",
  "site-unavailable",
  "site-error",
  "site-refused",
  "read-only",
  "slow-check",
] as const;
export type FailureCode = (typeof failureCodes)[number];

/** `detail` is the message of the storage or the site, fit for the screen, or null. */
export type Failure = { readonly code: FailureCode; readonly detail: string | null };

export function failure(code: FailureCode, detail: string | null = null): Failure {
  return { code, detail };
}

/** Why a POST or a part failed: no answer of the storage, or an answer that is an error. */
export type PostFailure =
  | { readonly kind: "network"; readonly stalled?: boolean }
  | {
      readonly kind: "answer";
      readonly status: number;
      /** S3's error code and message, null where the body had none. */
      readonly code: string | null;
      readonly message: string | null;
      readonly retryAfterSeconds: number | null;
    };

/** What to do about a failure. */
export type Verdict = {
  /**
   * retry: send it again · renew: with a new policy or URL · restart: the multipart upload is gone · suspect: denied
   * without a reason, so the policy or URL may have expired · stop: this file fails · halt: all stop.
   */
  readonly action: "retry" | "renew" | "restart" | "suspect" | "stop" | "halt";
  readonly failure: Failure;
  readonly slow: boolean;
  readonly retryAfterSeconds: number | null;
};

type Rule = readonly [action: Verdict["action"], code: FailureCode];

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const rules: Readonly<Record<string, Rule>> = {
  EntityTooLarge: ["stop", "too-large"],
  EntityTooSmall: ["stop", "refused"],
  KeyTooLongError: ["stop", "bad-path"],
  InvalidObjectName: ["stop", "bad-path"],
  QuotaExceeded: ["stop", "quota"],
  XMinioStorageFull: ["stop", "quota"],
  XAmzAdminBucketQuotaExceeded: ["stop", "quota"],
  ExpiredToken: ["renew", "policy-expired"],
  InvalidToken: ["renew", "policy-refused"],
  RequestTimeTooSkewed: ["renew", "policy-expired"],
  SignatureDoesNotMatch: ["renew", "policy-refused"],
  InvalidAccessKeyId: ["renew", "policy-refused"],
  InvalidPolicyDocument: ["renew", "policy-refused"],
  AuthorizationHeaderMalformed: ["renew", "policy-refused"],
  NoSuchUpload: ["restart", "server"],
  NoSuchBucket: ["halt", "no-bucket"],
  AccountProblem: ["halt", "no-bucket"],
  BadDigest: ["retry", "network"],
  XAmzContentChecksumMismatch: ["retry", "network"],
  XAmzContentSHA256Mismatch: ["retry", "network"],
  IncompleteBody: ["retry", "network"],
  RequestTimeout: ["retry", "network"],
  OperationAborted: ["retry", "server"],
  SlowDown: ["retry", "slow"],
  SlowDownWrite: ["retry", "slow"],
  ThrottlingException: ["retry", "slow"],
  RequestLimitExceeded: ["retry", "slow"],
  ServiceUnavailable: ["retry", "slow"],
  TooManyRequests: ["retry", "slow"],
};

function ruleOf(answer: Extract<PostFailure, { kind: "answer" }>, policyMayBeExpired: boolean): Rule {
  // S3 says "Invalid according to Policy: Policy expired."; Ceph says AccessDenied and nothing else.
  const denied = answer.code === "AccessDenied" || (answer.code === null && answer.status === 403);
  if (denied && (policyMayBeExpired || /expired/i.test(answer.message ?? ""))) return ["renew", "policy-expired"];
  // The clock stops while the machine sleeps: a policy may have expired although its age says otherwise.
  if (denied) return [answer.message ? "stop" : "suspect", "access-denied"];
  const known = answer.code === null ? undefined : rules[answer.code];
  if (known) return known;
  if (answer.status === 429 || answer.status === 503) return ["retry", "slow"];
  if (answer.status === 413) return ["stop", "too-large"];
  if (answer.status === 507) return ["stop", "quota"];
  if (answer.status === 408 || answer.status < 300) return ["retry", "network"];
  if (answer.status >= 500 && answer.status !== 501) return ["retry", "server"];
  return ["stop", answer.status === 403 ? "access-denied" : "refused"];
}

/** `policyMayBeExpired`: the policy is about to expire or has expired, by the client's clock. */
export function classifyFailure(post: PostFailure, policyMayBeExpired: boolean): Verdict {
  if (post.kind === "network")
    return { action: "retry", failure: failure("network"), slow: false, retryAfterSeconds: null };
  const [action, code] = ruleOf(post, policyMayBeExpired);
  const detail = action === "stop" && code === "refused" ? (post.code ?? `HTTP ${post.status}`) : null;
  return { action, failure: failure(code, detail), slow: code === "slow", retryAfterSeconds: post.retryAfterSeconds };
}

/** A call to the site that failed, as plain data. */
export type CallFailure = {
  readonly code: ErrorCode | "NETWORK";
  readonly message: string | null;
  readonly retryAfterSeconds: number | null;
};

/** Whether the same call can succeed later without any change. */
export function isTransientFailure({ code }: CallFailure): boolean {
  return code === "NETWORK" || isTransient(code);
}

export function failureOfCall(call: CallFailure): Failure {
  if (call.code === "NETWORK" || call.code === "UNAVAILABLE") return failure("site-unavailable");
  if (call.code === "RATE_LIMITED" || call.code === "INTERNAL") return failure("site-error", call.message);
  if (call.code === "UNAUTHENTICATED") return failure("signed-out");
  if (call.code === "NOT_FOUND") return failure("gone");
  if (call.code === "READ_ONLY") return failure("read-only", call.message);
  if (call.code === "CONFLICT" || call.code === "GONE") return failure("closed", call.message);
  return failure("site-refused", call.message);
}
