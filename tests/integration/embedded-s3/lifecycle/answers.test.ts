import * as sdk from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { storeForFile } from "../conformance/fixture";
import { signedRaw } from "../conformance/signed-request";
import { lifecycleBucket } from "./lifecycle-bucket";

const store = storeForFile();
const { bucket, setRules, remove } = lifecycleBucket(store, "described", "Enabled");
const DAY_MS = 24 * 3600_000;
const rules: Partial<sdk.LifecycleRule>[] = [
  { ID: "after a year/ü", Expiration: { Days: 365 }, Filter: { Prefix: "a/" } },
  { ID: "tagged", Expiration: { Days: 30 }, Filter: { And: { Prefix: "a/", Tags: [{ Key: "temp", Value: "yes" }] } } },
  { ID: "dated", Expiration: { Date: new Date("2030-06-01T00:00:00Z") }, Filter: { Prefix: "dated/" } },
  { ID: "markers", Expiration: { ExpiredObjectDeleteMarker: true } },
  { ID: "replaced", NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
  { ID: "off", Status: "Disabled", Expiration: { Days: 1 } },
  { ID: "stale", AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 }, Filter: { Prefix: "a/" } },
];
beforeAll(() => setRules(...rules));

/** The midnight so many days after the time an answer was given, which is when its object was made. */
const midnightAfter = (days: number, madeAt: Date) =>
  new Date(Math.ceil((madeAt.getTime() + days * DAY_MS) / DAY_MS) * DAY_MS).toUTCString();
const expiry = (days: number, madeAt: Date, rule: string) =>
  `expiry-date="${midnightAfter(days, madeAt)}", rule-id="${rule}"`;
const YEAR = "after%20a%20year%2F%C3%BC";

describe("x-amz-expiration", () => {
  it("says when and by which rule an object expires, to who writes and who reads it", async () => {
    const put = await bucket.put("a/1", "x");
    const { LastModified = new Date(0), Expiration } = await bucket.head("a/1");
    expect(Expiration).toBe(expiry(365, LastModified, YEAR));
    expect(put.Expiration).toBe(Expiration);
    expect((await bucket.get("a/1")).Expiration).toBe(Expiration);
    expect((await bucket.get("a/1", { VersionId: put.VersionId })).Expiration).toBe(Expiration);
    expect((await bucket.get("a/1", { Range: "bytes=0-0" })).Expiration).toBe(Expiration);
    const copy = await bucket.send(sdk.CopyObjectCommand, { Key: "a/2", CopySource: "described/a/1" });
    expect(copy.Expiration).toBe(expiry(365, copy.CopyObjectResult?.LastModified ?? new Date(0), YEAR));
  });

  it("is by the earliest rule, which tags may change", async () => {
    await bucket.put("a/tagged", "x", { Tagging: "temp=yes" });
    const { LastModified = new Date(0), Expiration } = await bucket.head("a/tagged");
    expect(Expiration).toBe(expiry(30, LastModified, "tagged"));
    await bucket.send(sdk.DeleteObjectTaggingCommand, { Key: "a/tagged" });
    expect((await bucket.head("a/tagged")).Expiration).toBe(expiry(365, LastModified, YEAR));
  });

  it("is of a date where the rule has one", async () => {
    const { Expiration } = await bucket.put("dated/1", "x");
    expect(Expiration).toBe('expiry-date="Sat, 01 Jun 2030 00:00:00 GMT", rule-id="dated"');
  });

  it("is in the answer to a completion", async () => {
    const { UploadId } = await bucket.send(sdk.CreateMultipartUploadCommand, { Key: "a/parts" });
    const part = { Key: "a/parts", UploadId, PartNumber: 1, Body: "x" };
    const { ETag } = await bucket.send(sdk.UploadPartCommand, part);
    const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
    const done = { Key: "a/parts", UploadId, MultipartUpload };
    const { Expiration } = await bucket.send(sdk.CompleteMultipartUploadCommand, done);
    expect(Expiration).toBe((await bucket.head("a/parts")).Expiration);
    expect(Expiration).toContain(YEAR);
  });

  it("is not there where no rule expires an object, nor for a version that was replaced, nor for a delete marker", async () => {
    expect((await bucket.put("b/1", "x")).Expiration).toBeUndefined();
    expect((await bucket.head("b/1")).Expiration).toBeUndefined();
    const { VersionId } = await bucket.put("a/replaced", "x");
    await bucket.put("a/replaced", "y");
    expect((await bucket.head("a/replaced", { VersionId })).Expiration).toBeUndefined();
    await remove("a/replaced");
    const { headers } = await signedRaw("GET", bucket.url("a/replaced"));
    expect(headers["x-amz-delete-marker"]).toBe("true");
    expect(headers["x-amz-expiration"]).toBeUndefined();
  });

  it("goes when the rules do", async () => {
    await bucket.send(sdk.DeleteBucketLifecycleCommand, {});
    expect((await bucket.head("a/1")).Expiration).toBeUndefined();
    await setRules(...rules);
    expect((await bucket.head("a/1")).Expiration).toContain(YEAR);
  });
});

describe("x-amz-abort-date", () => {
  it("says when and by which rule an upload is aborted, as it begins and where its parts are listed", async () => {
    const begun = await bucket.send(sdk.CreateMultipartUploadCommand, { Key: "a/upload" });
    const { Uploads } = await bucket.send(sdk.ListMultipartUploadsCommand, { Prefix: "a/upload" });
    const initiated = Uploads?.[0]?.Initiated ?? new Date(0);
    expect([begun.AbortDate?.toUTCString(), begun.AbortRuleId]).toEqual([midnightAfter(7, initiated), "stale"]);
    const listed = await bucket.send(sdk.ListPartsCommand, { Key: "a/upload", UploadId: begun.UploadId });
    expect([listed.AbortDate, listed.AbortRuleId]).toEqual([begun.AbortDate, "stale"]);
  });

  it("is not there where no rule aborts it", async () => {
    const { AbortDate, AbortRuleId } = await bucket.send(sdk.CreateMultipartUploadCommand, { Key: "b/upload" });
    expect([AbortDate, AbortRuleId]).toEqual([undefined, undefined]);
  });
});

describe("GetBucketLifecycleConfiguration", () => {
  it("gives the rules back as they were put", async () => {
    const { Rules } = await bucket.send(sdk.GetBucketLifecycleConfigurationCommand, {});
    expect(Rules).toEqual(rules.map((rule) => ({ Status: "Enabled", Filter: { Prefix: "" }, ...rule })));
  });
});
