import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/**
 * Signature Version 4 as S3 uses it: the path is encoded once and never normalised.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */

export const ALGORITHM = "AWS4-HMAC-SHA256";
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** `date/region/service` of a credential; `date` is YYYYMMDD. */
export interface Scope {
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

export interface CanonicalInput {
  readonly method: string;
  /** Decoded path. */
  readonly path: string;
  /** Decoded pairs without `X-Amz-Signature`. */
  readonly query: Iterable<readonly [string, string]>;
  /** Signed headers by lower-case name, in order. */
  readonly headers: readonly (readonly [string, string])[];
  readonly payloadHash: string;
}

/** Percent-encodes everything but unreserved characters, hexadecimal in upper case. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The canonical request, whose hash is what gets signed. */
export function canonicalRequest(input: CanonicalInput): string {
  const query = [...input.query]
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  const headers = input.headers.map(([name, value]) => `${name}:${folded(value)}\n`).join("");
  const signed = input.headers.map(([name]) => name).join(";");
  const path = input.path.split("/").map(uriEncode).join("/");
  return `${input.method}\n${path}\n${query}\n${headers}\n${signed}\n${input.payloadHash}`;
}

/** Folds and trims spaces. `trim` would also remove the byte A0, with which UTF-8 letters such as "à" end. */
function folded(value: string): string {
  return value.replace(/ {2,}/g, " ").replace(/^ | $/g, "");
}

/** What the signing key signs; `amzDate` is YYYYMMDDTHHMMSSZ. */
export function stringToSign(amzDate: string, scope: Scope, hashedRequest: string): string {
  return `${ALGORITHM}\n${amzDate}\n${scopeText(scope)}\n${hashedRequest}`;
}

export function scopeText(scope: Scope): string {
  return `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
}

const keys = new Map<string, Buffer>();

/** The signing key of a secret, day, region and service, computed once. */
export function signingKey(secretAccessKey: string, scope: Scope): Buffer {
  const name = `${secretAccessKey}\n${scopeText(scope)}`;
  const known = keys.get(name);
  if (known) return known;
  const steps = [scope.date, scope.region, scope.service, "aws4_request"];
  const key = steps.reduce<string | Buffer>((from, step) => hmac(from, step), `AWS4${secretAccessKey}`) as Buffer;
  if (keys.size > 256) keys.clear();
  keys.set(name, key);
  return key;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

export function signText(key: Buffer, text: string): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

export function sha256(text: string | Buffer): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Compares in time that depends on the lengths only. */
export function constantTimeEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** `20130524T000000Z` → milliseconds, `undefined` if it is no such date. */
export function parseAmzDate(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts.map(Number);
  const time = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
  return Number.isNaN(time) ? undefined : time;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
