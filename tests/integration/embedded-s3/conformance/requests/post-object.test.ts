import { createHash } from "node:crypto";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { createPresignedPost, type PresignedPostOptions } from "@aws-sdk/s3-presigned-post";
import { describe, expect, it } from "vitest";
import { raw, sendForm } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";

const store = storeForFile();
const media = bucketIn(store, "media");
const bytes = Buffer.from("form file body");
const etag = `"${createHash("md5").update(bytes).digest("hex")}"`;
const placeholder = "$" + "{filename}";
const sign = (options: Partial<PresignedPostOptions>) =>
  createPresignedPost(store.s3, { Bucket: "media", Key: "k", Expires: 300, ...options });

describe("a form that keeps to its policy", () => {
  it("stores the file with its headers and answers 201 with place, key and ETag", async () => {
    const post = await sign({
      Key: `up/${placeholder}`,
      Conditions: [
        ["starts-with", "$key", "up/"],
        ["content-length-range", 1, 100],
        ["starts-with", "$Content-Type", "image/"],
      ],
      Fields: { success_action_status: "201", "x-amz-meta-who": "ünï", "Cache-Control": "max-age=9" },
    });
    const { Policy = "", ...fields } = post.fields;
    const form = { ...fields, "Content-Type": "image/png", Policy };
    const answer = await sendForm(post.url, form, { bytes, filename: "dir\\n ü.png" });
    expect(answer).toMatchObject({ status: 201, headers: { etag, location: media.url("up/n ü.png") } });
    expect(answer.text).toContain("<Bucket>media</Bucket><Key>up/n ü.png</Key><ETag>&quot;");
    expect(await media.text("up/n ü.png")).toBe("form file body");
    expect(await media.head("up/n ü.png")).toMatchObject({
      ContentType: "image/png",
      CacheControl: "max-age=9",
      Metadata: { who: "=?UTF-8?B?w7xuw68=?=" },
      ETag: etag,
    });
  });

  it.each([
    [undefined, 204],
    ["200", 200],
    ["204", 204],
    ["404", 204],
  ])("asked for the status %s answers %d, without a body", async (asked, status) => {
    const post = await sign({ Fields: asked === undefined ? {} : { success_action_status: asked } });
    const answer = await sendForm(post.url, post.fields, { bytes });
    expect(answer).toMatchObject({ status, text: "", headers: { etag, location: media.url("k") } });
  });

  it("sends the browser on with bucket, key and ETag", async () => {
    const post = await sign({ Key: "a b", Fields: { success_action_redirect: "https://app.test/done?a=1" } });
    const answer = await sendForm(post.url, post.fields, { bytes });
    expect(answer.status).toBe(303);
    const target = new URL(answer.headers.location ?? "");
    expect(target.origin + target.pathname).toBe("https://app.test/done");
    expect(Object.fromEntries(target.searchParams)).toEqual({ a: "1", bucket: "media", key: "a b", etag });
  });

  it.each(["javascript:alert(1)", "not a place"])("does not send the browser to %s", async (place) => {
    const post = await sign({ Fields: { success_action_redirect: place } });
    const answer = await sendForm(post.url, post.fields, { bytes });
    expect(answer).toMatchObject({ status: 204, headers: { location: media.url("k") } });
  });

  it.each([
    ["n m.txt", "up/n m.txt"],
    ["../../etc/passwd", "up/passwd"],
    ["C:\\pictures\\x.jpg", "up/x.jpg"],
    [placeholder, `up/${placeholder}`],
  ])("puts the name of the file in place of its placeholder: %s", async (filename, key) => {
    const post = await sign({ Key: `up/${placeholder}`, Conditions: [["starts-with", "$key", "up/"]] });
    expect((await sendForm(post.url, post.fields, { bytes, filename })).status).toBe(204);
    expect(await media.text(key)).toBe("form file body");
  });

  it("may set tags, and a checksum that is verified", async () => {
    const checksum = { "x-amz-checksum-sha256": createHash("sha256").update(bytes).digest("base64") };
    const tagging = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
    const post = await sign({ Key: "checked", Fields: { tagging, ...checksum } });
    expect((await sendForm(post.url, post.fields, { bytes })).status).toBe(204);
    expect(await media.get("checked")).toMatchObject({ TagCount: 1 });
    const other = await sendForm(post.url, post.fields, { bytes: Buffer.from("another file.") });
    expect(other).toMatchObject({ status: 400, code: "BadDigest" });
    expect(await media.text("checked")).toBe("form file body");
  });

  it("takes a file of several megabytes, whatever it looks like", async () => {
    const big = Buffer.alloc(3_000_000, "\r\n------form");
    const post = await sign({ Key: "big", Conditions: [["content-length-range", big.length, big.length]] });
    expect((await sendForm(post.url, post.fields, { bytes: big })).status).toBe(204);
    expect(big.equals(await media.bytes("big"))).toBe(true);
  });
});

describe("a body that is no such form is refused", () => {
  const part = (disposition: string) => `--x\r\nContent-Disposition: form-data; ${disposition}\r\n\r\nv\r\n`;
  it.each([
    ["no form", "hello", "MalformedPOSTRequest"],
    ["a form without a file", `${part('name="key"')}--x--\r\n`, "IncorrectNumberOfFilesInPostRequest"],
    ["a form that ends early", part('name="key"').slice(0, -4), "MalformedPOSTRequest"],
    ["a part without a name", part("filename=f"), "MalformedPOSTRequest"],
    [
      "fields of more than 20,000 bytes",
      part('name="key"').replace("v", "v".repeat(20_001)),
      "MaxPostPreDataLengthExceededError",
    ],
  ])("%s", async (_, body, code) => {
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    expect(await raw("POST", media.url(), { headers, body })).toMatchObject({ status: 400, code });
  });

  it("a form for a bucket that is not there", async () => {
    const { fields } = await sign({});
    expect(await sendForm(`${store.endpoint}/nowhere`, fields, { bytes })).toMatchObject({
      status: 404,
      code: "NoSuchBucket",
    });
  });

  it("a form sent to a key", async () => {
    const { fields } = await sign({});
    expect((await sendForm(media.url("k2"), fields, { bytes })).status).toBe(405);
    expect((await media.send(ListObjectsV2Command, { Prefix: "k2" })).KeyCount).toBe(0);
  });
});
