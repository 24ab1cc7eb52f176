import { uploadPolicy } from "@/lib/upload/policy";
import type { PostPolicy } from "@/lib/upload/schema";

/** `20260102T030405Z` as milliseconds since 1970, or null. The form of SigV4's x-amz-date. */
function parseAmzDate(text: string): number | null {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/**
 * Returns the policy's lifetime in milliseconds: from its signing date (the form field x-amz-date,
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html) to `expiresAt`. Both are
 * the server's times, so the client's clock does not matter. Without a date: the default of `uploadPolicy`.
 */
export function lifetimeMs(policy: PostPolicy): number {
  const field = Object.entries(policy.fields).find(([name]) => name.toLowerCase() === "x-amz-date");
  const signedAt = field ? parseAmzDate(field[1]) : null;
  if (signedAt === null) return uploadPolicy.policyTtlSeconds * 1_000;
  return Math.max(0, Date.parse(policy.expiresAt) - signedAt);
}

/** A URL is not used in its last seconds: it must not expire on its way to the storage. */
const marginMs = 30_000;

/**
 * Returns how long a presigned URL can be used, in milliseconds from the call for it: its X-Amz-Expires
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html) less a margin. The client's clock does
 * not matter. Without X-Amz-Expires: the default of `uploadPolicy`.
 */
export function urlLifeMs(url: string): number {
  const seconds = Number(/[?&]X-Amz-Expires=(\d{1,7})(?:&|$)/i.exec(url)?.[1] ?? uploadPolicy.policyTtlSeconds);
  return Math.max(seconds * 500, seconds * 1_000 - marginMs);
}

/**
 * Whether a policy's forms may carry the field `x-amz-checksum-sha256`: its conditions name it
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html).
 */
export function takesSha256({ fields }: PostPolicy): boolean {
  const field = Object.entries(fields).find(([name]) => name.toLowerCase() === "policy");
  try {
    return /x-amz-checksum-sha256/i.test(atob(field?.[1] ?? ""));
  } catch {
    return false;
  }
}
