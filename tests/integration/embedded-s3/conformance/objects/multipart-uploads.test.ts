import { randomBytes } from "node:crypto";
import * as sdk from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesBelow, guest, refusal, root } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";

const other = { name: "other", accessKeyId: "OTHERKEY", secretAccessKey: "other-secret-key" };
const store = storeForFile({ users: [root, guest, other] });
const media = bucketIn(store, "media");
const begin = async (Key: string) => (await media.send(sdk.CreateMultipartUploadCommand, { Key })).UploadId ?? "";

describe("the list of uploads under way", () => {
  const list = async (input: Partial<sdk.ListMultipartUploadsCommandInput>) => {
    const page = await media.send(sdk.ListMultipartUploadsCommand, input);
    return { ...page, found: page.Uploads?.map((one) => [one.Key, one.UploadId]) ?? [] };
  };

  it("is in the order of keys, then of their beginning, in pages", async () => {
    const begun: [string, string][] = [];
    for (const key of ["list/b", "list/a", "list/b", "elsewhere"]) begun.push([key, await begin(key)]);
    const [b1, a, b2] = begun;
    const first = await list({ Prefix: "list/", MaxUploads: 2 });
    expect(first.found).toEqual([a, b1]);
    expect(first).toMatchObject({
      Bucket: "media",
      Prefix: "list/",
      MaxUploads: 2,
      IsTruncated: true,
      NextKeyMarker: "list/b",
      NextUploadIdMarker: b1?.[1],
    });
    expect(first.Uploads?.[0]).toMatchObject({ StorageClass: "STANDARD", Initiated: expect.any(Date) });
    const second = await list({
      Prefix: "list/",
      KeyMarker: first.NextKeyMarker,
      UploadIdMarker: first.NextUploadIdMarker,
    });
    expect(second.found).toEqual([b2]);
    expect(second.IsTruncated).toBe(false);
    expect((await list({ Prefix: "list/", KeyMarker: "list/b" })).found).toEqual([]);
  });

  it("loses those that are aborted or completed", async () => {
    const [aborted, completed] = [await begin("ends/aborted"), await begin("ends/completed")];
    await media.send(sdk.AbortMultipartUploadCommand, { Key: "ends/aborted", UploadId: aborted });
    const { ETag } = await media.send(sdk.UploadPartCommand, {
      Key: "ends/completed",
      UploadId: completed,
      PartNumber: 1,
      Body: "x",
    });
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await media.send(sdk.CompleteMultipartUploadCommand, {
      Key: "ends/completed",
      UploadId: completed,
      MultipartUpload,
    });
    expect((await list({ Prefix: "ends/" })).found).toEqual([]);
  });
});

describe("an abort", () => {
  it("takes the parts with it, and nothing can be done with the upload any more", async () => {
    const before = (await filesBelow(store.dataDir, "blobs")).length;
    const [Key, UploadId] = ["aborted", await begin("aborted")];
    const part = { Key, UploadId, PartNumber: 1 };
    const { ETag } = await media.send(sdk.UploadPartCommand, { ...part, Body: randomBytes(50_000) });
    expect(await filesBelow(store.dataDir, "blobs")).toHaveLength(before + 1);
    await media.send(sdk.AbortMultipartUploadCommand, { Key, UploadId });
    await expect.poll(() => filesBelow(store.dataDir, "blobs")).toHaveLength(before);
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    const outcomes = await Promise.all(
      [
        media.send(sdk.UploadPartCommand, { ...part, Body: "x" }),
        media.send(sdk.UploadPartCopyCommand, { ...part, CopySource: "media/x" }),
        media.send(sdk.ListPartsCommand, { Key, UploadId }),
        media.send(sdk.CompleteMultipartUploadCommand, { Key, UploadId, MultipartUpload }),
        media.send(sdk.AbortMultipartUploadCommand, { Key, UploadId }),
      ].map(refusal),
    );
    expect(new Set(outcomes)).toEqual(new Set(["404 NoSuchUpload"]));
  });
});

describe("an upload's id", () => {
  it("belongs to its key alone", async () => {
    const UploadId = await begin("mine");
    const call = media.send(sdk.UploadPartCommand, { Key: "yours", UploadId, PartNumber: 1, Body: "x" });
    expect(await refusal(call)).toBe("404 NoSuchUpload");
  });

  it("that was never given out is a 404", async () => {
    for (const UploadId of ["nope", "0".repeat(32), "../x"]) {
      expect(await refusal(media.send(sdk.ListPartsCommand, { Key: "k", UploadId }))).toBe("404 NoSuchUpload");
    }
  });
});

describe("whoever began an upload", () => {
  const shared = bucketIn(store, "shared");
  const denied = "403 AccessDenied";
  let [asGuest, asOther] = [] as unknown as [sdk.S3Client, sdk.S3Client];
  const idOf = async (client: sdk.S3Client) => (await client.send(new sdk.ListBucketsCommand({}))).Owner?.ID ?? "";
  beforeAll(() => {
    [asGuest, asOther] = [store.client({ credentials: guest }), store.client({ credentials: other })];
  });
  afterAll(() => {
    for (const client of [asGuest, asOther]) client.destroy();
  });

  const allow = async (ObjectOwnership: sdk.ObjectOwnership) => {
    await shared.send(sdk.PutBucketOwnershipControlsCommand, { OwnershipControls: { Rules: [{ ObjectOwnership }] } });
    if (ObjectOwnership === "BucketOwnerEnforced") {
      const Statement = [
        { Effect: "Allow", Principal: "*", Action: "s3:PutObject", Resource: "arn:aws:s3:::shared/*" },
      ];
      await shared.send(sdk.PutBucketPolicyCommand, { Policy: JSON.stringify({ Statement }) });
    } else {
      const GrantWrite = [await idOf(asGuest), await idOf(asOther)].map((id) => `id="${id}"`).join(", ");
      await shared.send(sdk.PutBucketAclCommand, { GrantWrite });
    }
  };
  const revoke = async (ObjectOwnership: sdk.ObjectOwnership) => {
    await shared.send(sdk.DeleteBucketPolicyCommand, {});
    if (ObjectOwnership !== "BucketOwnerEnforced") await shared.send(sdk.PutBucketAclCommand, { ACL: "private" });
  };
  const beginAs = async (client: sdk.S3Client, input: Partial<sdk.CreateMultipartUploadCommandInput> = {}) => {
    const { UploadId } = await shared.send(sdk.CreateMultipartUploadCommand, { Key: "k", ...input }, client);
    await shared.send(sdk.UploadPartCommand, { Key: "k", UploadId, PartNumber: 1, Body: "x" }, client);
    return { Key: "k", UploadId };
  };
  type Begun = Awaited<ReturnType<typeof beginAs>>;
  const list = (upload: Begun, as: sdk.S3Client) => shared.send(sdk.ListPartsCommand, upload, as);
  const abort = (upload: Begun, as: sdk.S3Client) => shared.send(sdk.AbortMultipartUploadCommand, upload, as);
  const tried = async (upload: Begun, as: sdk.S3Client) => [
    await refusal(list(upload, as)),
    await refusal(abort(upload, as)),
  ];

  it.each<[sdk.ObjectOwnership, Partial<sdk.CreateMultipartUploadCommandInput>, "guest" | "root"]>([
    ["ObjectWriter", {}, "guest"],
    ["BucketOwnerPreferred", {}, "guest"],
    ["BucketOwnerPreferred", { ACL: "bucket-owner-full-control" }, "root"],
    ["BucketOwnerEnforced", {}, "root"],
  ])("may list its parts and abort it, alone with the bucket's owner: %s, %j", async (ownership, input, owner) => {
    await allow(ownership);
    const [first, second] = [await beginAs(asGuest, input), await beginAs(asGuest, input)];
    expect(await tried(first, asOther)).toEqual([denied, denied]);
    const { Initiator, Owner } = await list(first, asGuest);
    const { Uploads = [] } = await shared.send(sdk.ListMultipartUploadsCommand, {});
    const guestId = await idOf(asGuest);
    const named = { Initiator: { ID: guestId }, Owner: { ID: owner === "guest" ? guestId : await idOf(store.s3) } };
    expect({ Initiator, Owner }).toMatchObject(named);
    expect(Uploads.map((one) => ({ Initiator: one.Initiator, Owner: one.Owner }))).toMatchObject([named, named]);
    await revoke(ownership); // that it may begin no more does not bind it to what it left
    expect(await tried(first, asGuest)).toEqual(["accepted", "accepted"]);
    expect(await tried(second, store.s3)).toEqual(["accepted", "accepted"]);
  });

  it("may not where a policy denies it", async () => {
    await allow("ObjectWriter");
    const upload = await beginAs(asGuest);
    const Action = ["s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"];
    const Statement = [{ Effect: "Deny", Principal: "*", Action, Resource: "arn:aws:s3:::shared/*" }];
    await shared.send(sdk.PutBucketPolicyCommand, { Policy: JSON.stringify({ Statement }) });
    expect(await tried(upload, asGuest)).toEqual([denied, denied]);
    await shared.send(sdk.DeleteBucketPolicyCommand, {});
    expect(await tried(upload, asGuest)).toEqual(["accepted", "accepted"]);
  });
});
