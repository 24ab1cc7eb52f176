import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { parsePolicy } from "@/lib/policy/document";
import { evaluatePolicy } from "@/lib/policy/evaluate";
import { uploadPrefix } from "@/lib/storage/keys";
import { sessionPolicy } from "@/lib/storage/session/policy";

const bucket = "b".repeat(63);
const prefix = uploadPrefix(randomUUID(), randomUUID());
const text = sessionPolicy({ bucket, prefix, region: "us-east-1" });
const arn = `arn:aws:s3:::${bucket}`;

it("has at most 1,024 characters with the longest bucket, of the 2,048 that AWS takes and packs", () => {
  expect(text.length).toBeLessThanOrEqual(1_024);
});

const statements = parsePolicy(text, "identity");
type Conditions = Readonly<Record<string, readonly string[]>>;
const verdict = (action: string, resource: string, values: Conditions) =>
  evaluatePolicy(statements, {
    principal: undefined,
    action: `s3:${action}`,
    resource,
    condition: (key) => values[key],
  });

it.each([
  ["PutObject", `${arn}/${prefix}a.jpg`, {}, "allow"],
  ["PutObject", `${arn}/${prefix}a.jpg`, { "s3:x-amz-storage-class": ["STANDARD"] }, "allow"],
  ["ListMultipartUploadParts", `${arn}/${prefix}a.jpg`, {}, "allow"],
  ["AbortMultipartUpload", `${arn}/${prefix}a.jpg`, {}, "allow"],
  ["ListBucket", arn, { "s3:prefix": [prefix] }, "allow"],
  ["ListBucket", arn, { "s3:prefix": [`${prefix}site-3/`] }, "allow"],
  ["ListBucket", arn, {}, "none"],
  ["ListBucket", arn, { "s3:prefix": [prefix.slice(0, -1)] }, "none"],
  ["PutObject", `${arn}/${prefix.slice(0, -1)}`, {}, "none"],
  ["PutObject", `${arn}/${prefix}a.jpg`, { "s3:x-amz-storage-class": ["GLACIER"] }, "deny"],
  ["PutObject", `${arn}/${prefix}a.jpg`, { "s3:x-amz-server-side-encryption-customer-algorithm": ["AES256"] }, "deny"],
  ...["GetObject", "DeleteObject", "PutObjectAcl", "PutObjectTagging", "GetObjectVersion"].map(
    (action): readonly [string, string, Conditions, string] => [action, `${arn}/${prefix}a.jpg`, {}, "none"],
  ),
] as readonly (readonly [string, string, Conditions, string])[])(
  "%s on %s with %j: %s",
  (action, resource, values, expected) => {
    expect(verdict(action, resource, values)).toBe(expected);
  },
);

it("names the partition of the region", () => {
  expect(sessionPolicy({ bucket, prefix, region: "cn-north-1" })).toContain(`arn:aws-cn:s3:::${bucket}`);
  expect(sessionPolicy({ bucket, prefix, region: "us-gov-west-1" })).toContain(`arn:aws-us-gov:s3:::${bucket}`);
});
