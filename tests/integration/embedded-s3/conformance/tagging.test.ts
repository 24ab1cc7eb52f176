import * as sdk from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { refusal } from "../harness";
import { bucketIn, storeForFile } from "./fixture";
import { signedRaw } from "./signed-request";

const media = bucketIn(storeForFile(), "media");
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
