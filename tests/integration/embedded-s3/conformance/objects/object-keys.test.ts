import * as sdk from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";
import { signedRaw } from "../signed-request";

const store = storeForFile();
const media = bucketIn(store, "media");
const keys = [
  "a",
  "a/",
  "a/b",
  "a//b",
  "/a",
  "CASE",
  "case",
  "ü/ñ 日本.txt",
  "a+b & c=d?.txt",
  "sp ace",
  "q'uote\"x",
  "p%25ct",
  "..",
  "../x",
  "..dots..",
  "./.",
  "😀",
  "～",
  "e\u0301",
  "é",
  "x".repeat(1024),
  "tab\there",
  "<&>",
];

describe("keys", () => {
  it("of any characters are all different, each with its own bytes", async () => {
    for (const key of keys) await media.put(key, `body of ${key}`);
    for (const key of keys) expect(await media.text(key)).toBe(`body of ${key}`);
  });

  it("are listed in the order of their UTF-8 bytes, encoded only when asked", async () => {
    const inOrder = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await media.keys()).toEqual(inOrder);
    const encoded = await media.send(sdk.ListObjectsV2Command, { EncodingType: "url" });
    expect(encoded.EncodingType).toBe("url");
    expect(encoded.Contents?.map((one) => decodeURIComponent(one.Key ?? ""))).toEqual(inOrder);
    expect(encoded.Contents?.map((one) => one.Key)).toContain("%C3%BC/%C3%B1%20%E6%97%A5%E6%9C%AC.txt");
  });

  it("are deleted alone, however they lie below each other", async () => {
    await media.send(sdk.DeleteObjectCommand, { Key: "a" });
    await media.send(sdk.DeleteObjectCommand, { Key: "case" });
    const left = await media.keys();
    expect(left).toHaveLength(keys.length - 2);
    expect(left).toEqual(expect.arrayContaining(["a/", "a/b", "a//b", "/a", "CASE"]));
  });

  it("have up to 1,024 bytes, not characters", async () => {
    expect(await refusal(media.put("x".repeat(1025), ""))).toBe("400 KeyTooLongError");
    expect(await refusal(media.put("é".repeat(513), ""))).toBe("400 KeyTooLongError");
    expect(await refusal(media.put("é".repeat(512), ""))).toBe("accepted");
  });

  it.each(["%00", "a%00b", "%ff", "%zz"])("that no text can be are refused: %s", async (path) => {
    const answer = await signedRaw("PUT", `${media.url()}/${path}`, { body: "x" });
    expect(answer).toMatchObject({ status: 400, code: "InvalidURI" });
  });
});
