import { randomBytes } from "node:crypto";
import { GetObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { raw, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";

const media = bucketIn(storeForFile(), "media");

beforeAll(async () => {
  await media.put("six", "copyme");
  await media.put("empty", "");
});

const ask = async (Key: string, range: string) =>
  raw("GET", await media.sign(GetObjectCommand, { Key }), { headers: { range } });

describe("a range", () => {
  it.each([
    ["bytes=1-3", "opy", "bytes 1-3/6"],
    ["bytes=4-", "me", "bytes 4-5/6"],
    ["bytes=-2", "me", "bytes 4-5/6"],
    ["bytes=-100", "copyme", "bytes 0-5/6"],
    ["bytes=5-100", "e", "bytes 5-5/6"],
    ["bytes=0-0", "c", "bytes 0-0/6"],
  ])("%s is a 206 with these bytes alone", async (range, text, contentRange) => {
    expect(await ask("six", range)).toMatchObject({
      status: 206,
      text,
      headers: { "content-range": contentRange, "content-length": String(text.length) },
    });
  });

  it.each(["bytes=0-1,3-4", "bytes=3-1", "lines=1-2", "bytes=a-b"])("%s is ignored", async (range) => {
    const answer = await ask("six", range);
    expect(answer).toMatchObject({ status: 200, text: "copyme" });
    expect(answer.headers["content-range"]).toBeUndefined();
  });

  it.each([
    ["six", "bytes=6-", 6],
    ["six", "bytes=100-200", 6],
    ["six", "bytes=-0", 6],
    ["empty", "bytes=0-", 0],
  ])("of %s, %s, is a 416 with the size", async (key, range, size) => {
    const answer = await ask(key, range);
    expect(answer).toMatchObject({
      status: 416,
      code: "InvalidRange",
      headers: { "content-range": `bytes */${size}` },
    });
    expect(answer.text).toContain(`<RangeRequested>${range}</RangeRequested>`);
    expect(answer.text).toContain(`<ActualObjectSize>${size}</ActualObjectSize>`);
  });

  it("counts for HEAD as well", async () => {
    const url = await media.sign(HeadObjectCommand, { Key: "six" });
    expect(await raw("HEAD", url, { headers: { range: "bytes=1-3" } })).toMatchObject({
      status: 206,
      headers: { "content-range": "bytes 1-3/6", "content-length": "3" },
    });
    expect((await raw("HEAD", url, { headers: { range: "bytes=6-" } })).status).toBe(416);
  });

  it("of a large object is what lies there, from its first byte to its last", async () => {
    const body = randomBytes(3_000_000);
    await media.put("large", body);
    for (const [start, end] of [
      [0, 0],
      [262_143, 262_144],
      [1_000_000, 2_500_000],
      [2_999_999, 2_999_999],
    ] as const) {
      const bytes = await media.bytes("large", { Range: `bytes=${start}-${end}` });
      expect(bytes.equals(body.subarray(start, end + 1))).toBe(true);
    }
  });

  it("and a part number at once are refused", async () => {
    expect(await refusal(media.get("six", { Range: "bytes=0-1", PartNumber: 1 }))).toBe("400 InvalidRequest");
  });
});
