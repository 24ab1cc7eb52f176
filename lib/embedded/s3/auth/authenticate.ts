import { S3Error } from "../protocol/errors";
import type { Incoming } from "../protocol/incoming";
import { type Directories, findSigner, sessionToken } from "./signer";
import type { Scope } from "./sigv4";
import {
  ALGORITHM,
  canonicalRequest,
  constantTimeEqual,
  parseAmzDate,
  sha256,
  signingKey,
  signText,
  stringToSign,
} from "./sigv4";
import type { Identity } from "./users";

export interface AuthSettings extends Directories {
  readonly region: string;
  /** The service signatures are made for; S3 when absent. */
  readonly service?: "s3" | "sts" | "iam" | "sns";
  /** SHA-256 of the body, for services that do not have it in `x-amz-content-sha256`. */
  readonly payloadHash?: string;
}

/** The caller of a request, and what its signature covers of the body: a hash, or the seed of the chunk signatures. */
export interface Authenticated {
  readonly identity: Identity;
  /** `x-amz-content-sha256` as signed: a hash, UNSIGNED-PAYLOAD or a STREAMING-… word. */
  readonly payloadHash: string;
  /** Of a presigned URL, in milliseconds. */
  readonly expiresAt?: number;
  readonly chunkSeed?: {
    readonly key: Buffer;
    readonly scope: Scope;
    readonly amzDate: string;
    readonly signature: string;
  };
}

const MAX_SKEW_MS = 15 * 60_000;
const MAX_EXPIRES_SECONDS = 7 * 24 * 3600;
const UNSIGNED = "UNSIGNED-PAYLOAD";

/**
 * Checks the signature of a request in its header or its query; without one the caller is anonymous.
 * @throws S3Error AuthorizationHeaderMalformed, AuthorizationQueryParametersError, InvalidAccessKeyId,
 * SignatureDoesNotMatch, RequestTimeTooSkewed, AccessDenied, InvalidToken, ExpiredToken and others, as S3
 */
export function authenticate(request: Incoming, settings: AuthSettings): Authenticated {
  const header = request.header("authorization");
  const inQuery = request.query.has("X-Amz-Algorithm") || request.query.has("X-Amz-Signature");
  if (header !== undefined && inQuery) {
    throw new S3Error("InvalidArgument", "Only one auth mechanism allowed; use either the header or the query.");
  }
  if (header !== undefined) return fromHeader(request, header, settings);
  if (inQuery) return fromQuery(request, settings);
  if (request.query.has("AWSAccessKeyId") || request.query.has("Signature")) throw unsupported();
  return { identity: { kind: "anonymous" }, payloadHash: request.header("x-amz-content-sha256") ?? UNSIGNED };
}

function fromHeader(request: Incoming, header: string, settings: AuthSettings): Authenticated {
  if (!header.startsWith(`${ALGORITHM} `)) throw unsupported();
  const parts = /^\s*Credential=([^,\s]+)\s*,\s*SignedHeaders=([^,\s]+)\s*,\s*Signature=([^,\s]+)\s*$/.exec(
    header.slice(ALGORITHM.length + 1),
  );
  const [, credential = "", signedHeaders = "", signature = ""] = parts ?? [];
  if (!parts) throw new S3Error("AuthorizationHeaderMalformed");
  const payloadHash = settings.payloadHash ?? request.header("x-amz-content-sha256");
  if (payloadHash === undefined) {
    throw new S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  }
  const date = request.header("x-amz-date") ?? "";
  const signedAt = parseAmzDate(date);
  if (signedAt === undefined)
    throw new S3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
  if (Math.abs(request.receivedAt - signedAt) > MAX_SKEW_MS) {
    throw new S3Error("RequestTimeTooSkewed", undefined, {
      RequestTime: date,
      ServerTime: new Date(request.receivedAt).toISOString(),
      MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
    });
  }
  const claim = { credential, signedHeaders, signature, date, payloadHash, query: request.query };
  return verify(request, claim, settings, "REST-HEADER", signedAt);
}

function fromQuery(request: Incoming, settings: AuthSettings): Authenticated {
  const field = (name: string) => request.query.get(`X-Amz-${name}`) ?? "";
  const bad = (message: string) => new S3Error("AuthorizationQueryParametersError", message);
  if (field("Algorithm") !== ALGORITHM) throw bad(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  if (!field("Credential") || !field("Signature") || !field("Date") || !field("SignedHeaders") || !field("Expires")) {
    throw bad(
      "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    );
  }
  if (!/^\d{1,9}$/.test(field("Expires"))) throw bad("X-Amz-Expires should be a number");
  const expiresSeconds = Number(field("Expires"));
  if (expiresSeconds > MAX_EXPIRES_SECONDS)
    throw bad("X-Amz-Expires must be less than a week (in seconds) that is 604800");
  const signedAt = parseAmzDate(field("Date"));
  if (signedAt === undefined) throw bad("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  if (signedAt - request.receivedAt > MAX_SKEW_MS) throw new S3Error("AccessDenied", "Request is not valid yet");
  const expiresAt = signedAt + expiresSeconds * 1000;
  if (request.receivedAt > expiresAt) {
    throw new S3Error("AccessDenied", "Request has expired", {
      "X-Amz-Expires": field("Expires"),
      Expires: new Date(expiresAt).toISOString(),
      ServerTime: new Date(request.receivedAt).toISOString(),
    });
  }
  const signedHeaders = field("SignedHeaders");
  const asHeader = signedHeaders.split(";").includes("x-amz-content-sha256");
  const ownHash = (asHeader && request.header("x-amz-content-sha256")) || field("Content-Sha256") || UNSIGNED;
  const payloadHash = settings.payloadHash ?? ownHash;
  const query = new Map(request.query);
  query.delete("X-Amz-Signature");
  const claim = {
    credential: field("Credential"),
    signedHeaders,
    signature: field("Signature"),
    date: field("Date"),
    payloadHash,
    query,
  };
  return { ...verify(request, claim, settings, "REST-QUERY-STRING", signedAt), expiresAt };
}

interface Claim {
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly date: string;
  readonly payloadHash: string;
  readonly query: ReadonlyMap<string, string>;
}

function verify(
  request: Incoming,
  claim: Claim,
  settings: AuthSettings,
  authType: "REST-HEADER" | "REST-QUERY-STRING",
  signedAt: number,
): Authenticated {
  const malformed = authType === "REST-HEADER" ? "AuthorizationHeaderMalformed" : "AuthorizationQueryParametersError";
  const { accessKeyId, scope } = parseCredential(claim.credential, claim.date, settings, malformed);
  const signer = findSigner(settings, accessKeyId, sessionToken(request), request.receivedAt);
  const headers = signedHeaderValues(request, claim.signedHeaders, malformed);
  const canonical = canonicalRequest({
    method: request.method,
    path: request.path,
    query: claim.query,
    headers,
    payloadHash: claim.payloadHash,
  });
  const key = signingKey(signer.secretAccessKey, scope);
  const matches = (form: string | Buffer) =>
    constantTimeEqual(signText(key, stringToSign(claim.date, scope, sha256(form))), claim.signature);
  // Node decodes header bytes as Latin-1: clients that send UTF-8 signed those bytes, others the characters.
  const wireBytes = /[\u0080-\u00ff]/.test(canonical) ? Buffer.from(canonical, "latin1") : undefined;
  if (!matches(canonical) && !(wireBytes && matches(wireBytes))) {
    throw new S3Error("SignatureDoesNotMatch", undefined, { AWSAccessKeyId: accessKeyId });
  }
  const identity = signer.identify(authType, signedAt);
  const chunkSeed = { key, scope, amzDate: claim.date, signature: claim.signature };
  return { identity, payloadHash: claim.payloadHash, chunkSeed };
}

/** Parses `AKID/20130524/us-east-1/s3/aws4_request` and checks it against the request's date and the store's region. */
export function parseCredential(
  credential: string,
  amzDate: string,
  { region, service: endpoint = "s3" }: Pick<AuthSettings, "region" | "service">,
  code: "AuthorizationHeaderMalformed" | "AuthorizationQueryParametersError" | "InvalidArgument",
): { accessKeyId: string; scope: Scope } {
  const parts = credential.split("/");
  const [accessKeyId = "", date = "", givenRegion = "", service = "", end] = parts;
  if (parts.length !== 5 || end !== "aws4_request") {
    throw new S3Error(
      code,
      "The Credential is malformed; expecting <AccessKeyId>/YYYYMMDD/REGION/SERVICE/aws4_request.",
    );
  }
  if (date !== amzDate.slice(0, 8))
    throw new S3Error(code, "Invalid credential date: it differs from the date of the request.");
  if (service !== endpoint)
    throw new S3Error(code, `Incorrect service "${service}". This endpoint belongs to "${endpoint}".`);
  if (givenRegion !== region) {
    throw new S3Error(code, `The region '${givenRegion}' is wrong; expecting '${region}'`, { Region: region });
  }
  return { accessKeyId, scope: { date, region, service } };
}

/** Returns the signed headers. Every x-amz-* header must be signed, or the holder of a presigned URL could add one. */
function signedHeaderValues(
  request: Incoming,
  list: string,
  malformed: "AuthorizationHeaderMalformed" | "AuthorizationQueryParametersError",
): (readonly [string, string])[] {
  const names = list.split(";");
  if (!names.includes("host")) throw new S3Error(malformed, "The host header must be signed.");
  const signed = new Set(names);
  const unsigned = request.headerNames().filter((name) => name.startsWith("x-amz-") && !signed.has(name));
  const extra = unsigned.filter((name) => name !== "x-amz-content-sha256");
  if (extra.length > 0) {
    throw new S3Error("AccessDenied", "There were headers present in the request which were not signed", {
      HeadersNotSigned: extra.join(", "),
    });
  }
  return names.map((name) => [name, request.header(name) ?? ""] as const);
}

function unsupported(): S3Error {
  return new S3Error(
    "InvalidRequest",
    `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
  );
}
