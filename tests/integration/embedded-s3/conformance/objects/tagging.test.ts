import * as sdk from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { guest, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";
import { signedRaw } from "../signed-request";

const store = storeForFile();
const media = bucketIn(store, "media");
const tag = (TagSet: sdk.Tag[], Key = "k") => media.send(sdk.PutObjectTaggingCommand, { Key, Tagging: { TagSet } });
const tags = async (Key = "k") => (await media.send(sdk.GetObjectTaggingCommand, { Key })).TagSet;

beforeAll(() => media.put("k", "copyme", { Metadata: { m: "1" } }));

describe("tags of an object", () => {
  it("are set, replaced and removed without touching the object", async () => {
    const before = await media.head("k");
    expect(await tags()).toEqual([]);
    await tag([{ Key: "a", Value: "b" }]);
    await tag([
      { Key: "c d/ü", Value: "" },
      { Key: "e", Value: "f=g&h" },
    ]);
    expect(await tags()).toEqual([
      { Key: "c d/ü", Value: "" },
      { Key: "e", Value: "f=g&h" },
    ]);
    expect(await media.get("k")).toMatchObject({ TagCount: 2, ETag: before.ETag, Metadata: { m: "1" } });
    expect(await media.text("k")).toBe("copyme");
    await media.send(sdk.DeleteObjectTaggingCommand, { Key: "k" });
    expect(await tags()).toEqual([]);
  });

  it("come with the upload in a header", async () => {
    await media.put("tagged", "x", { Tagging: "a%20b=1+2&c=%26" });
    expect(await tags("tagged")).toEqual([
      { Key: "a b", Value: "1 2" },
      { Key: "c", Value: "&" },
    ]);
  });

  it.each<[string, sdk.Tag[]]>([
    ["more than ten", Array.from({ length: 11 }, (_, i) => ({ Key: `k${i}`, Value: "" }))],
    [
      "the same twice",
      [
        { Key: "a", Value: "1" },
        { Key: "a", Value: "2" },
      ],
    ],
    ["without a name", [{ Key: "", Value: "1" }]],
    ["a name of 129 characters", [{ Key: "a".repeat(129), Value: "1" }]],
    ["a name of the system's", [{ Key: "AWS:x", Value: "1" }]],
    ["a value of 257 characters", [{ Key: "a", Value: "v".repeat(257) }]],
  ])("are refused: %s", async (_, set) => {
    await tag([{ Key: "kept", Value: "1" }]);
    expect(await refusal(tag(set))).toBe("400 InvalidTag");
    expect(await tags()).toEqual([{ Key: "kept", Value: "1" }]);
  });

  it("are refused as a document of another kind, and on nothing", async () => {
    const answer = await signedRaw("PUT", media.url("k", "tagging"), { body: "<Tags/>" });
    expect(answer).toMatchObject({ status: 400, code: "MalformedXML" });
    expect(await refusal(tag([], "nothing"))).toBe("404 NoSuchKey");
    expect(await refusal(tags("nothing"))).toBe("404 NoSuchKey");
  });
});

describe("the tags of a bucket", () => {
  const own = bucketIn(store, "tagged");
  const put = (TagSet: sdk.Tag[]) => own.send(sdk.PutBucketTaggingCommand, { Tagging: { TagSet } });
  const get = async () => (await own.send(sdk.GetBucketTaggingCommand, {})).TagSet;
  const many = (length: number) => Array.from({ length }, (_, i) => ({ Key: `k${i}`, Value: "v" }));

  it("come back as they were set, until they are deleted", async () => {
    expect(await refusal(get())).toBe("404 NoSuchTagSet");
    const TagSet = [
      { Key: "Zweck", Value: "Prüfung <&>" },
      { Key: "a", Value: "" },
    ];
    await put(TagSet);
    expect(await get()).toEqual(TagSet);
    await put([{ Key: "b", Value: "1" }]);
    expect(await get()).toEqual([{ Key: "b", Value: "1" }]);
    await own.send(sdk.DeleteBucketTaggingCommand, {});
    expect(await refusal(get())).toBe("404 NoSuchTagSet");
    expect(await refusal(own.send(sdk.DeleteBucketTaggingCommand, {}))).toBe("accepted");
  });

  it("may be given when it is made", async () => {
    const Tags = [{ Key: "made", Value: "with" }];
    await store.s3.send(new sdk.CreateBucketCommand({ Bucket: "made-tagged", CreateBucketConfiguration: { Tags } }));
    const { TagSet } = await store.s3.send(new sdk.GetBucketTaggingCommand({ Bucket: "made-tagged" }));
    expect(TagSet).toEqual(Tags);
  });

  it("are 50 at most, unique, and none of the system's", async () => {
    expect(await refusal(put(many(50)))).toBe("accepted");
    expect(await refusal(put(many(51)))).toBe("400 InvalidTag");
    expect(await refusal(put([...many(1), ...many(1)]))).toBe("400 InvalidTag");
    expect(await refusal(put([{ Key: "aws:x", Value: "v" }]))).toBe("400 InvalidTag");
    expect(await get()).toHaveLength(50);
  });

  it("are the owner's", async () => {
    const asGuest = store.client({ credentials: guest });
    expect(await refusal(own.send(sdk.GetBucketTaggingCommand, {}, asGuest))).toBe("403 AccessDenied");
    expect(await refusal(own.send(sdk.DeleteBucketTaggingCommand, {}, asGuest))).toBe("403 AccessDenied");
    asGuest.destroy();
  });
});
