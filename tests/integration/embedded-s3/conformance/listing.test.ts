import * as sdk from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { raw, refusal } from "../harness";
import { bucketIn, storeForFile } from "./fixture";
import { signedRaw, signRequest } from "./signed-request";

const store = storeForFile();
const media = bucketIn(store, "media");
const neighbour = bucketIn(store, "media-2");
const many = bucketIn(store, "many");

const tree = ["a.txt", "d0/1", "d0/2", "d0/deep/1", "d0/deep/2", "d1/1", "d10/1", "d2/1", "z.txt"];
const list = async (input: Partial<sdk.ListObjectsV2CommandInput>) => {
  const page = await media.send(sdk.ListObjectsV2Command, input);
  return {
    page,
    keys: page.Contents?.map((one) => one.Key) ?? [],
    prefixes: page.CommonPrefixes?.map((one) => one.Prefix) ?? [],
  };
};

beforeAll(async () => {
  await Promise.all(tree.map((key) => media.put(key, key)));
  await neighbour.put("d0/of-the-neighbour", "x");
});

describe("a list", () => {
  it("describes each object", async () => {
    const { page } = await list({ Prefix: "a.txt", FetchOwner: true });
    expect(page).toMatchObject({ Name: "media", Prefix: "a.txt", MaxKeys: 1000, KeyCount: 1, IsTruncated: false });
    expect(page.Contents).toMatchObject([
      {
        Key: "a.txt",
        Size: 5,
        ETag: '"a5e54d1fd7bb69a228ef0dcd2431367e"',
        StorageClass: "STANDARD",
        LastModified: expect.any(Date),
        Owner: { DisplayName: "root" },
      },
    ]);
    expect((await list({ Prefix: "a.txt" })).page.Contents?.[0]?.Owner).toBeUndefined();
  });

  it("holds the keys that begin with a prefix, of this bucket alone", async () => {
    expect((await list({})).keys).toEqual(tree);
    expect((await list({ Prefix: "d1" })).keys).toEqual(["d1/1", "d10/1"]);
    expect((await list({ Prefix: "d0/" })).keys).toEqual(["d0/1", "d0/2", "d0/deep/1", "d0/deep/2"]);
    expect((await list({ Prefix: "none" })).page).toMatchObject({ KeyCount: 0, IsTruncated: false });
  });

  it("folds keys at the first delimiter behind the prefix", async () => {
    const top = await list({ Delimiter: "/" });
    expect(top).toMatchObject({ keys: ["a.txt", "z.txt"], prefixes: ["d0/", "d1/", "d10/", "d2/"] });
    expect(top.page).toMatchObject({ KeyCount: 6, Delimiter: "/" });
    expect(await list({ Delimiter: "/", Prefix: "d0/" })).toMatchObject({
      keys: ["d0/1", "d0/2"],
      prefixes: ["d0/deep/"],
    });
    expect(await list({ Delimiter: "/", Prefix: "d0" })).toMatchObject({ keys: [], prefixes: ["d0/"] });
    expect(await list({ Delimiter: "eep", Prefix: "d0/" })).toMatchObject({ prefixes: ["d0/deep"] });
  });

  it("begins after a key, whether that is there or not", async () => {
    const { page, keys } = await list({ StartAfter: "d0/2", MaxKeys: 2 });
    expect(keys).toEqual(["d0/deep/1", "d0/deep/2"]);
    expect(page).toMatchObject({ StartAfter: "d0/2", MaxKeys: 2, KeyCount: 2, IsTruncated: true });
    expect((await list({ StartAfter: "d1/zzz" })).keys).toEqual(["d10/1", "d2/1", "z.txt"]);
    expect((await list({ StartAfter: "zz" })).keys).toEqual([]);
  });

  it("continues page by page, keys and prefixes counted together, none twice", async () => {
    for (const Delimiter of [undefined, "/"]) {
      const found: (string | undefined)[] = [];
      let ContinuationToken: string | undefined;
      do {
        const { page, keys, prefixes } = await list({ Delimiter, MaxKeys: 2, ContinuationToken });
        expect(page.KeyCount).toBe(keys.length + prefixes.length);
        expect(page.ContinuationToken).toBe(ContinuationToken);
        found.push(...keys, ...prefixes);
        ContinuationToken = page.NextContinuationToken;
        expect(page.IsTruncated).toBe(ContinuationToken !== undefined);
      } while (ContinuationToken !== undefined && found.length <= tree.length);
      const expected = Delimiter ? ["a.txt", "d0/", "d1/", "d10/", "d2/", "z.txt"] : tree;
      expect(found.sort()).toEqual(expected);
    }
  });

  it("of no keys at all is empty and says that it is whole", async () => {
    const { page, keys } = await list({ MaxKeys: 0 });
    expect(keys).toEqual([]);
    expect(page).toMatchObject({ KeyCount: 0, MaxKeys: 0, IsTruncated: false });
  });

  it.each([
    ["list-type=2&max-keys=-1"],
    ["list-type=2&max-keys=many"],
    ["list-type=2&continuation-token="],
    ["list-type=2&continuation-token=%21"],
    ["list-type=2&encoding-type=base64"],
  ])("asked for by %s is refused", async (query) => {
    expect(await signedRaw("GET", media.url("", query))).toMatchObject({ status: 400, code: "InvalidArgument" });
  });

  it("of a bucket that is not there is a 404", async () => {
    expect(await signedRaw("GET", `${store.endpoint}/nowhere?list-type=2`)).toMatchObject({
      status: 404,
      code: "NoSuchBucket",
    });
  });
});

describe("the first version of the list", () => {
  const listV1 = (input: Partial<sdk.ListObjectsCommandInput>) => media.send(sdk.ListObjectsCommand, input);

  it("continues after the last key, without a next marker", async () => {
    const page = await listV1({ MaxKeys: 2, Marker: "d0/1" });
    expect(page).toMatchObject({ Marker: "d0/1", MaxKeys: 2, IsTruncated: true });
    expect(page.Contents?.map((one) => one.Key)).toEqual(["d0/2", "d0/deep/1"]);
    expect(page.Contents?.[0]?.Owner).toMatchObject({ DisplayName: "root" });
    expect(page.NextMarker).toBeUndefined();
  });

  it("with a delimiter returns the next marker, which may be a common prefix", async () => {
    const page = await listV1({ Delimiter: "/", MaxKeys: 2 });
    expect(page).toMatchObject({ CommonPrefixes: [{ Prefix: "d0/" }], IsTruncated: true, NextMarker: "d0/" });
    const next = await listV1({ Delimiter: "/", Marker: page.NextMarker });
    expect(next.CommonPrefixes).toEqual([{ Prefix: "d1/" }, { Prefix: "d10/" }, { Prefix: "d2/" }]);
    expect(next.IsTruncated).toBe(false);
  });
});

describe("a bucket of more than a page", () => {
  const keys = Array.from({ length: 2003 }, (_, i) => `d${i % 7}/k${String(i).padStart(5, "0")}`);

  beforeAll(async () => {
    const waiting = [...keys];
    const sender = async () => {
      for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
        const url = many.url(key);
        const { headers } = signRequest({ method: "PUT", url, body: "x" });
        expect((await raw("PUT", url, { headers, body: "x" })).status).toBe(200);
      }
    };
    await Promise.all(Array.from({ length: 64 }, sender));
  });

  it("comes in pages of 1,000 keys, in order, even if more are asked for", async () => {
    const sizes: (number | undefined)[] = [];
    const found: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page: sdk.ListObjectsV2CommandOutput = await many.send(sdk.ListObjectsV2Command, {
        MaxKeys: 5000,
        ContinuationToken,
      });
      sizes.push(page.KeyCount);
      found.push(...(page.Contents ?? []).map((one) => one.Key));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined && sizes.length < 10);
    expect(sizes).toEqual([1000, 1000, 3]);
    expect(found).toEqual([...keys].sort());
  });

  it("is folded in one page, however much lies below a prefix", async () => {
    const page = await many.send(sdk.ListObjectsV2Command, { Delimiter: "/" });
    expect(page.CommonPrefixes?.map((one) => one.Prefix)).toEqual(["d0/", "d1/", "d2/", "d3/", "d4/", "d5/", "d6/"]);
    expect(page).toMatchObject({ KeyCount: 7, IsTruncated: false });
  });

  it("is deleted a thousand keys at a time", async () => {
    const doomed = [...keys].sort().slice(0, 1000);
    const Objects = doomed.map((Key) => ({ Key }));
    const answer = await many.send(sdk.DeleteObjectsCommand, { Delete: { Objects } });
    expect(answer.Deleted?.map((one) => one.Key)).toEqual(doomed);
    expect(answer.Errors).toBeUndefined();
    const left = await many.send(sdk.ListObjectsV2Command, { MaxKeys: 1 });
    expect(left.Contents?.[0]?.Key).toBe([...keys].sort()[1000]);
  });

  it("is not deleted more than a thousand keys at a time", async () => {
    const Objects = Array.from({ length: 1001 }, (_, i) => ({ Key: String(i) }));
    expect(await refusal(many.send(sdk.DeleteObjectsCommand, { Delete: { Objects } }))).toBe("400 MalformedXML");
  });
});
