import { parseCidr } from "./cidr";
import type { Statement } from "./document";

/** Condition keys that keep a grant to all principals from being public when they are compared with fixed values. */
const narrowing = new Set([
  "aws:principalarn",
  "aws:principalaccount",
  "aws:principalorgid",
  "aws:sourcearn",
  "aws:sourceaccount",
  "aws:sourcevpc",
  "aws:sourcevpce",
  "aws:userid",
  "aws:username",
]);
const fixing = /^(ForAnyValue:)?(String(Equals|EqualsIgnoreCase|Like)|Arn(Equals|Like))$/;

/**
 * Whether a bucket policy is public by the rules of Block Public Access. A condition on the Referer does not count, as
 * every client can send any Referer.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 */
export function isPublicPolicy(statements: readonly Statement[]): boolean {
  return statements.some((statement) => {
    if (statement.effect !== "Allow") return false;
    if (!statement.notPrincipals && !statement.principals?.includes("*")) return false;
    return !statement.conditions.some(({ key, operator, expected }) => {
      if (key === "aws:sourceip") return operator === "IpAddress" && expected.every(isNarrowRange);
      return narrowing.has(key) && fixing.test(operator) && expected.every((value) => !/[*?]|\$\{/.test(value));
    });
  });
}

/** Ranges wider than /8 (IPv4) or /32 (IPv6) count as public. */
function isNarrowRange(range: string): boolean {
  const cidr = parseCidr(range);
  return cidr !== undefined && cidr.mask >= (cidr.version === 4 ? 0xff000000n : 0xffffffffn << 96n);
}
