import { randomBytes } from "node:crypto";
import * as sdk from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { filesBelow, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";

const store = storeForFile();
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
