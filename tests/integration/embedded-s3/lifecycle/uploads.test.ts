import * as sdk from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { storeForFile } from "../conformance/fixture";
import { filesBelow } from "../harness";
import { aged, almostAged, lifecycleBucket } from "./lifecycle-bucket";

const store = storeForFile();
const { bucket, setRules } = lifecycleBucket(store, "uploads");
const abort = (DaysAfterInitiation: number) => ({ AbortIncompleteMultipartUpload: { DaysAfterInitiation } });
const begin = (Key: string) => bucket.send(sdk.CreateMultipartUploadCommand, { Key });
const begun = async () => {
  const { Uploads = [] } = await bucket.send(sdk.ListMultipartUploadsCommand, {});
  return Uploads.map(({ Key }) => Key);
};

it("uploads are aborted at the midnight after their days, parts and all, and no others", async () => {
  await setRules({ ...abort(7), Filter: { Prefix: "in/" } });
  const { UploadId } = await begin("in/a");
  await bucket.send(sdk.UploadPartCommand, { Key: "in/a", UploadId, PartNumber: 1, Body: Buffer.alloc(100_000) });
  await begin("in/a");
  await begin("out/a");
  expect(await filesBelow(store.dataDir, "blobs")).toHaveLength(1);
  expect(await store.runLifecycle(almostAged(7))).toMatchObject({ uploadsAborted: 0 });
  expect(await store.runLifecycle(aged(7))).toMatchObject({ uploadsAborted: 2, isComplete: true });
  expect(await begun()).toEqual(["out/a"]);
  await expect.poll(() => filesBelow(store.dataDir, "blobs")).toEqual([]);
});

it("the earliest of several rules counts", async () => {
  await setRules(abort(30), { ...abort(1), Filter: { Prefix: "out/" } });
  await begin("late/a");
  expect(await store.runLifecycle(aged(1))).toMatchObject({ uploadsAborted: 1 });
  expect(await begun()).toEqual(["late/a"]);
  expect(await store.runLifecycle(aged(30))).toMatchObject({ uploadsAborted: 1 });
});

it("more than a page of them are aborted, several of one key among them", async () => {
  await setRules(abort(1));
  await Promise.all(Array.from({ length: 250 }, (_, i) => begin(`many/${i % 2}`)));
  expect(await store.runLifecycle(aged(1))).toMatchObject({ uploadsAborted: 250 });
  expect(await begun()).toEqual([]);
});

it("objects are left alone", async () => {
  await bucket.put("object", "x");
  await setRules(abort(1));
  await store.runLifecycle(aged(10));
  expect(await bucket.text("object")).toBe("x");
});
