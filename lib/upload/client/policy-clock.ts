import { uploadPolicy } from "../policy";
import type { PostPolicy } from "../schema";

/** `20260102T030405Z` as milliseconds since 1970, or null. The form of SigV4's x-amz-date. */
function parseAmzDate(text: string): number | null {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/**
 * How long the server meant the policy to live, in milliseconds: from its signing date (the form field x-amz-date,
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html) to `expiresAt`. Both are the
 * server's times, so the client's clock does not matter. Without a date: the time agreed in `uploadPolicy`.
 */
export function lifetimeMs(policy: PostPolicy): number {
  const field = Object.entries(policy.fields).find(([name]) => name.toLowerCase() === "x-amz-date");
  const signedAt = field ? parseAmzDate(field[1]) : null;
  if (signedAt === null) return uploadPolicy.policyTtlSeconds * 1_000;
  return Math.max(0, Date.parse(policy.expiresAt) - signedAt);
}
