import { randomBytes } from "node:crypto";
import * as sdk from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesBelow, guest, refusal } from "../harness";
import { bucketIn, storeForFile } from "./fixture";
import { signedRaw } from "./signed-request";

const store = storeForFile();
const media = bucketIn(store, "media");
let asGuest: sdk.S3Client;
const create = (Bucket: string, client = store.s3, input: Partial<sdk.CreateBucketCommandInput> = {}) =>
  client.send(new sdk.CreateBucketCommand({ Bucket, ...input }));

beforeAll(() => {
  asGuest = store.client({ credentials: guest });
});
afterAll(() => asGuest.destroy());

describe("a bucket", () => {
  it("is made once, and is its maker's", async () => {
    expect(await create("made")).toMatchObject({ Location: "/made" });
    expect(await refusal(create("made"))).toBe("409 BucketAlreadyOwnedByYou");
    expect(await refusal(create("made", asGuest))).toBe("409 BucketAlreadyExists");
  });

  it("is made by none who does not sign", async () => {
    const answer = await fetch(`${store.endpoint}/anonymous`, { method: "PUT" });
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining("<Code>AccessDenied</Code>")]);
  });

  it.each([
    ...["ab", "Capital", "under_score", "-dash", "two..dots", "192.168.0.1", "a".repeat(64)],
    ...[
      "dot.-dash",
      "dash-.dot",
      "xn--idn",
      "sthree-x",
      "amzn-s3-demo-x",
      "x-s3alias",
      "x--ol-s3",
      "x.mrap",
      "x--x-s3",
    ],
  ])("is not called %s", async (name) => {
    expect(await signedRaw("PUT", `${store.endpoint}/${name}`)).toMatchObject({
      status: 400,
      code: "InvalidBucketName",
    });
  });

  it("lies in the store's region", async () => {
    const elsewhere = { CreateBucketConfiguration: { LocationConstraint: "eu-west-1" as const } };
    expect(await refusal(create("elsewhere", store.s3, elsewhere))).toBe("400 InvalidLocationConstraint");
    const location = await media.send(sdk.GetBucketLocationCommand, {});
    expect(location.LocationConstraint).toBeUndefined();
    expect(await media.send(sdk.HeadBucketCommand, {})).toMatchObject({ BucketRegion: "us-east-1" });
  });

  it("is there for its owner and root, and not to be seen by others", async () => {
    await create("guests", asGuest);
    const head = (Bucket: string, client: sdk.S3Client) => refusal(client.send(new sdk.HeadBucketCommand({ Bucket })));
    expect([await head("guests", asGuest), await head("guests", store.s3)]).toEqual(["accepted", "accepted"]);
    expect(await head("media", asGuest)).toMatch(/^403/);
    expect(await head("nowhere", store.s3)).toMatch(/^404/);
    const names = async (client: sdk.S3Client) =>
      (await client.send(new sdk.ListBucketsCommand({}))).Buckets?.map((one) => one.Name);
    expect(await names(asGuest)).toEqual(["guests"]);
    expect(await names(store.s3)).toEqual(expect.arrayContaining(["guests", "media"]));
  });
});

describe("the list of buckets", () => {
  const names = Array.from({ length: 5 }, (_, i) => `paged-${i}`);
  beforeAll(async () => {
    for (const name of names) await create(name);
  });
  const list = (input: sdk.ListBucketsCommandInput, client = store.s3) =>
    client.send(new sdk.ListBucketsCommand(input));

  it("comes in pages, each bucket once and in order, without those of other prefixes", async () => {
    const seen: (string | undefined)[] = [];
    let pages = 0;
    for await (const page of sdk.paginateListBuckets({ client: store.s3, pageSize: 2 }, { Prefix: "paged-" })) {
      expect(page.Prefix).toBe("paged-");
      seen.push(...(page.Buckets ?? []).map((one) => one.Name));
      pages++;
    }
    expect([seen, pages]).toEqual([names, 3]);
  });

  it("names the region when it is asked for in pages, and filters by it", async () => {
    const [all, first] = [await list({}), await list({ Prefix: "paged-", MaxBuckets: 1 })];
    expect(all.Buckets?.some((one) => one.BucketRegion !== undefined)).toBe(false);
    expect([all.ContinuationToken, all.Prefix]).toEqual([undefined, undefined]);
    expect(first.Buckets).toMatchObject([{ Name: "paged-0", BucketRegion: "us-east-1" }]);
    expect((await list({ BucketRegion: "us-east-1", Prefix: "paged-" })).Buckets).toHaveLength(5);
    expect((await list({ BucketRegion: "eu-west-1" })).Buckets ?? []).toEqual([]);
  });

  it("shows a token's holder their own buckets only", async () => {
    const { ContinuationToken } = await list({ MaxBuckets: 1 });
    const rest = await list({ ContinuationToken }, asGuest);
    expect((rest.Buckets ?? []).filter((one) => !one.Name?.startsWith("guests"))).toEqual([]);
  });

  it.each([{ MaxBuckets: 0 }, { MaxBuckets: 10_001 }, { ContinuationToken: "AAAAAHg" }])(
    "refuses %j",
    async (input) => {
      expect(await refusal(list(input))).toBe("400 InvalidArgument");
    },
  );
});

describe("deleting a bucket", () => {
  const again = bucketIn(store, "again");

  it("is refused while anything is in it, old versions too", async () => {
    await again.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status: "Enabled" } });
    const { VersionId } = await again.put("k", "x");
    expect(await refusal(again.send(sdk.DeleteBucketCommand, {}))).toBe("409 BucketNotEmpty");
    const marker = await again.send(sdk.DeleteObjectCommand, { Key: "k" });
    await again.send(sdk.DeleteObjectCommand, { Key: "k", VersionId });
    expect(await refusal(again.send(sdk.DeleteBucketCommand, {}))).toBe("409 BucketNotEmpty");
    await again.send(sdk.DeleteObjectCommand, { Key: "k", VersionId: marker.VersionId });
  });

  it("takes its settings and its uploads under way with it", async () => {
    const files = () => filesBelow(store.dataDir, "blobs");
    const before = (await files()).length;
    const { UploadId } = await again.send(sdk.CreateMultipartUploadCommand, { Key: "k" });
    await again.send(sdk.UploadPartCommand, { Key: "k", UploadId, PartNumber: 1, Body: randomBytes(50_000) });
    expect(await files()).toHaveLength(before + 1);
    await again.send(sdk.DeleteBucketCommand, {});
    await expect.poll(files).toHaveLength(before);
    for (const call of [
      () => again.keys(),
      () => again.get("k"),
      () => again.put("k", "x"),
      () => again.send(sdk.DeleteBucketCommand, {}),
    ]) {
      expect(await refusal(call())).toBe("404 NoSuchBucket");
    }
    await create("again");
    expect((await again.send(sdk.GetBucketVersioningCommand, {})).Status).toBeUndefined();
    expect((await again.send(sdk.ListMultipartUploadsCommand, {})).Uploads).toBeUndefined();
    expect(await again.keys()).toEqual([]);
  });

  it("is refused to others", async () => {
    expect(await refusal(media.send(sdk.DeleteBucketCommand, {}, asGuest))).toBe("403 AccessDenied");
  });
});
