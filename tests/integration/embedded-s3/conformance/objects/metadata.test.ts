import * as sdk from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { describe, expect, it } from "vitest";
import { refusal, sendForm } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";
import { signedRaw } from "../signed-request";

const store = storeForFile();
const media = bucketIn(store, "media");

describe("headers of an object", () => {
  const headers = {
    "content-type": "text/a; charset=utf-8",
    "cache-control": "max-age=1",
    "content-disposition": 'attachment; filename="x y.txt"',
    "content-encoding": "gzip",
    "content-language": "de",
    expires: "Thu, 01 Dec 2033 16:00:00 GMT",
  };

  it("come back with GET and HEAD as they were sent", async () => {
    await signedRaw("PUT", media.url("headers"), { headers, body: "x" });
    for (const method of ["GET", "HEAD"]) {
      expect((await signedRaw(method, media.url("headers"))).headers).toMatchObject(headers);
    }
  });

  it("without a type are binary", async () => {
    await signedRaw("PUT", media.url("untyped"), { body: "x" });
    expect(await media.head("untyped")).toMatchObject({ ContentType: "binary/octet-stream" });
  });

  it("of a second upload take the place of all of the first's", async () => {
    await media.put("twice", "x", { ContentLanguage: "de", Metadata: { a: "1" }, Tagging: "a=1" });
    await media.put("twice", "x", { Metadata: { b: "2" } });
    const { Metadata, ContentLanguage, TagCount } = await media.get("twice");
    expect({ Metadata, ContentLanguage, TagCount }).toEqual({ Metadata: { b: "2" } });
  });
});

describe("user metadata", () => {
  it("comes back under names in lower case", async () => {
    await media.put("meta", "x", { Metadata: { "Foo-Bar": "baz", n: "1" } });
    expect((await media.head("meta")).Metadata).toEqual({ "foo-bar": "baz", n: "1" });
  });

  it("beyond ASCII comes back as an encoded word, whether it came as UTF-8 or as Latin-1", async () => {
    const headers = { "x-amz-meta-who": Buffer.from("bäz").toString("latin1") };
    expect((await signedRaw("PUT", media.url("utf-8"), { headers, body: "x" })).status).toBe(200);
    await media.put("latin-1", "x", { Metadata: { who: "bäz" } });
    for (const key of ["utf-8", "latin-1"]) {
      expect((await media.head(key)).Metadata).toEqual({ who: "=?UTF-8?B?YsOkeg==?=" });
    }
  });

  it("may have any name that headers have", async () => {
    const headers = { "x-amz-meta-__proto__": "a", "x-amz-meta-constructor": "b" };
    expect((await signedRaw("PUT", media.url("named"), { headers, body: "x" })).status).toBe(200);
    expect((await signedRaw("HEAD", media.url("named"))).headers).toMatchObject({
      "x-amz-meta-constructor": "b",
      "x-amz-meta-__proto__": "a",
    });
  });

  it.each(["a b", "a:b", "ü", "a\u0001"])(
    "of a form with the name %j, which no header can have, is refused",
    async (name) => {
      const Fields = { [`x-amz-meta-${name}`]: "x" };
      const { url, fields } = await createPresignedPost(store.s3, { Bucket: "media", Key: "form", Fields });
      const answer = await sendForm(url, fields, { bytes: Buffer.from("x") });
      expect(answer).toMatchObject({ status: 400, code: "InvalidArgument" });
      expect(await refusal(media.get("form"))).toBe("404 NoSuchKey");
    },
  );

  it("has up to 2 KiB, names and values together", async () => {
    expect(await refusal(media.put("large", "x", { Metadata: { a: "x".repeat(2047) } }))).toBe("accepted");
    expect(await refusal(media.put("large", "y", { Metadata: { a: "x".repeat(2048) } }))).toBe("400 MetadataTooLarge");
    expect(await media.text("large")).toBe("x");
  });
});

describe("headers that ask for what is not done are refused", () => {
  it.each<[string, Partial<sdk.PutObjectCommandInput>]>([
    ["encryption", { ServerSideEncryption: "aws:kms" }],
    ["encryption by the client's key", { SSECustomerAlgorithm: "AES256" }],
    ["a storage class", { StorageClass: "GLACIER" }],
    ["object lock", { ObjectLockLegalHoldStatus: "ON" }],
    ["a redirect", { WebsiteRedirectLocation: "/x" }],
  ])("%s", async (_, input) => {
    expect(await refusal(media.put("refused", "x", input))).toBe("501 NotImplemented");
    expect(await refusal(media.get("refused"))).toBe("404 NoSuchKey");
  });
});

describe("the attributes of an object", () => {
  it("are those that were asked for", async () => {
    const { ETag } = await media.put("attributes", "copyme");
    const ask = (...ObjectAttributes: sdk.ObjectAttributes[]) =>
      media.send(sdk.GetObjectAttributesCommand, { Key: "attributes", ObjectAttributes });
    const some = await ask("ObjectSize", "ETag");
    expect(some).toMatchObject({ ObjectSize: 6, ETag: ETag?.replaceAll('"', ""), LastModified: expect.any(Date) });
    expect([some.StorageClass, some.Checksum, some.ObjectParts]).toEqual([undefined, undefined, undefined]);
    expect((await ask("StorageClass")).ObjectSize).toBeUndefined();
    expect(await ask("StorageClass")).toMatchObject({ StorageClass: "STANDARD" });
  });

  it("of nothing are a 404", async () => {
    const ask = media.send(sdk.GetObjectAttributesCommand, { Key: "nothing", ObjectAttributes: ["ETag"] });
    expect(await refusal(ask)).toBe("404 NoSuchKey");
  });
});
