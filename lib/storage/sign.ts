import { createHmac, hash } from "node:crypto";
import { type BucketAddress, bucketAddress, type EndpointConfig } from "./endpoint";
import { hmacSha256 } from "./hmac";

/**
 * Credentials and bucket to sign for. `endpoint` is the origin browsers use, absent for AWS. Must not be mutated: it is a
 * cache key.
 */
export type SigningIdentity = EndpointConfig & {
  /** The bucket's address, if it is not derived from `endpoint`. */
  address?: BucketAddress | undefined;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
};

export type PresignRequest = {
  method: "GET" | "HEAD" | "PUT";
  key: string;
  versionId?: string | undefined;
  /** Start of the validity, truncated to seconds. */
  signedAt: Date;
  /** 1 to 604,800 (7 days). */
  expiresInSeconds: number;
  responseCacheControl?: string | undefined;
  responseContentType?: string | undefined;
  responseContentDisposition?: string | undefined;
  /**
   * For PUT: one part of a multipart upload. Its length, and its checksum (base64) if given, become signed headers: a request
   * with a body of another length or without that checksum is refused.
   */
  part?: { uploadId: string; number: number; sizeBytes: number; crc64nvme?: string | undefined } | undefined;
};

/** The parts of a URL that depend on the identity only, encoded once. `days` and `dates` cache the parts per day and second. */
type Signer = {
  identity: SigningIdentity;
  origin: string;
  path: string;
  host: string;
  token: string;
  days: Map<string, Day>;
  dates: Map<number, SigningDate>;
};
type Day = { scope: string; credential: string; sign: (toSign: string) => string };
type SigningDate = { day: Day; query: string; toSign: string };

const maxExpirySeconds = 7 * 24 * 60 * 60;
const signers = new WeakMap<SigningIdentity, Signer>();

/**
 * Returns a presigned URL (AWS Signature Version 4 in the query), byte-equal to getSignedUrl of
 * @aws-sdk/s3-request-presigner with response checksums off. Synchronous and without I/O.
 *
 * Signs any key, and the object is served with the uploader's content type unless a response override is given. Use
 * `viewSigner` for view URLs: it decides what a browser may render.
 *
 * Throws RangeError for an expiry outside 1 s to 7 days or an invalid date, URIError for a key with a lone surrogate.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function presign(identity: SigningIdentity, request: PresignRequest): string {
  const { expiresInSeconds, method } = request;
  if (!Number.isInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > maxExpirySeconds)
    throw new RangeError("expiresInSeconds must be a whole number from 1 to 604,800");
  const signer = signerOf(identity);
  const date = signingDate(signer, request.signedAt);
  const path = `${signer.path}/${encodeKey(request.key)}`;
  // Parameters must be in byte order of their names; the signature's place is in the middle.
  const before = `${date.query}${expiresInSeconds}${signer.token}`;
  const { names, headers } = signedHeaders(signer.host, request.part);
  const after = `&X-Amz-SignedHeaders=${names.replaceAll(";", "%3B")}${parameters(request)}`;
  const canonical = `${method}\n${path}\n${before}${after}\n${headers}\n${names}\nUNSIGNED-PAYLOAD`;
  const signature = date.day.sign(date.toSign + hash("sha256", canonical, "hex"));
  return `${signer.origin}${path}?${before}&X-Amz-Signature=${signature}${after}`;
}

/** Returns the names and the lines of the signed headers, in byte order. S3 ignores checksums in the query. */
function signedHeaders(host: string, part: PresignRequest["part"]): { names: string; headers: string } {
  if (!part) return { names: "host", headers: `host:${host}\n` };
  const { sizeBytes, crc64nvme } = part;
  const before = { names: "content-length;host", headers: `content-length:${sizeBytes}\nhost:${host}\n` };
  if (crc64nvme === undefined) return before;
  return {
    names: `${before.names};x-amz-checksum-crc64nvme`,
    headers: `${before.headers}x-amz-checksum-crc64nvme:${crc64nvme}\n`,
  };
}

const identitiesAt = new WeakMap<SigningIdentity, Map<string, SigningIdentity>>();

/**
 * Returns the identity for another address of its bucket, `https://host/bucket` or `https://bucket.host`. Cached, because
 * identities are cache keys. Throws TypeError for an invalid URL.
 */
export function identityAt(identity: SigningIdentity, bucketUrl: string): SigningIdentity {
  const others = identitiesAt.get(identity) ?? new Map<string, SigningIdentity>();
  identitiesAt.set(identity, others);
  const known = others.get(bucketUrl);
  if (known) return known;
  const { origin, host, pathname } = new URL(bucketUrl);
  const made = { ...identity, address: { origin, host, path: pathname.replace(/\/+$/, "") } };
  others.set(bucketUrl, made);
  return made;
}

function parameters(request: PresignRequest): string {
  const { part } = request;
  if (part) return `&partNumber=${part.number}&uploadId=${encode(part.uploadId)}&x-id=UploadPart`;
  let query = "";
  if (request.responseCacheControl !== undefined)
    query += `&response-cache-control=${encode(request.responseCacheControl)}`;
  if (request.responseContentDisposition !== undefined)
    query += `&response-content-disposition=${encode(request.responseContentDisposition)}`;
  if (request.responseContentType !== undefined)
    query += `&response-content-type=${encode(request.responseContentType)}`;
  if (request.versionId !== undefined) query += `&versionId=${encode(request.versionId)}`;
  // The SDK adds the operation's name as x-id, except for HEAD.
  if (request.method === "GET") return `${query}&x-id=GetObject`;
  return request.method === "PUT" ? `${query}&x-id=PutObject` : query;
}

function signerOf(identity: SigningIdentity): Signer {
  const known = signers.get(identity);
  if (known) return known;
  const { origin, host, path } = identity.address ?? bucketAddress(identity);
  const signer: Signer = {
    identity,
    origin,
    path,
    host,
    token: identity.sessionToken ? `&X-Amz-Security-Token=${encode(identity.sessionToken)}` : "",
    days: new Map(),
    dates: new Map(),
  };
  signers.set(identity, signer);
  return signer;
}

/**
 * Returns the parts of a URL that depend on the date. Cached per second: a page has many dates, as windows are offset per
 * key.
 */
function signingDate(signer: Signer, date: Date): SigningDate {
  const second = Math.floor(date.getTime() / 1000);
  const known = signer.dates.get(second);
  if (known) return known;
  const long = `${date.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
  const day = dayOf(signer, long.slice(0, 8));
  const made = {
    day,
    query:
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD" +
      `&X-Amz-Credential=${day.credential}&X-Amz-Date=${long}&X-Amz-Expires=`,
    toSign: `AWS4-HMAC-SHA256\n${long}\n${day.scope}\n`,
  };
  if (signer.dates.size >= 4096) signer.dates.clear();
  signer.dates.set(second, made);
  return made;
}

/** Returns the signing key of a day (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, step 3). */
function dayOf({ identity, days }: Signer, day: string): Day {
  const known = days.get(day);
  if (known) return known;
  const { accessKeyId, region, secretAccessKey } = identity;
  const key = [day, region, "s3", "aws4_request"].reduce(
    (previous, part) => createHmac("sha256", previous).update(part).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
  const scope = `${day}/${region}/s3/aws4_request`;
  const made = {
    scope,
    credential: encode(`${accessKeyId}/${scope}`),
    sign: hmacSha256(key, Buffer.byteLength(scope) + 128),
  };
  if (days.size >= 8) days.clear();
  days.set(day, made);
  return made;
}

function encodeKey(key: string): string {
  return /^[\w./~-]*$/.test(key) ? key : encode(key).replaceAll("%2F", "/");
}

/** Percent-encodes everything but A-Z a-z 0-9 - _ . ~ (RFC 3986), as Signature Version 4 requires. */
function encode(text: string): string {
  const encoded = encodeURIComponent(text);
  return reserved.test(encoded)
    ? encoded.replace(reservedAll, (character) => escapes[character] ?? character)
    : encoded;
}

const reserved = /[!'()*]/;
const reservedAll = /[!'()*]/g;
const escapes: Readonly<Record<string, string>> = { "!": "%21", "'": "%27", "(": "%28", ")": "%29", "*": "%2A" };
