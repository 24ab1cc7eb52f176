import { createHash } from "node:crypto";
import * as sdk from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { raw, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";

const store = storeForFile();
const media = bucketIn(store, "media");
const digit = (hex: string) => hex.replace(/^./, (first) => (first === "0" ? "1" : "0"));

beforeAll(async () => {
  for (const key of ["a b.txt", "other.txt"]) await media.put(key, key, { ContentType: "text/plain" });
});

const get = (input: Partial<sdk.GetObjectCommandInput> = {}) =>
  media.sign(sdk.GetObjectCommand, { Key: "a b.txt", ...input });

describe("a presigned GET", () => {
  it("needs no other signature", async () => {
    expect(await raw("GET", await get())).toMatchObject({
      status: 200,
      text: "a b.txt",
      headers: { "content-type": "text/plain" },
    });
  });

  it("may override the headers of the answer, under its signature", async () => {
    const url = await get({
      ResponseContentDisposition: 'attachment; filename="x y ü.txt"',
      ResponseContentType: "application/x-probe",
      ResponseCacheControl: "no-store",
      ResponseContentLanguage: "de",
      ResponseContentEncoding: "identity",
      ResponseExpires: new Date("2033-12-01T16:00:00Z"),
    });
    const { status, headers } = await raw("GET", url);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "application/x-probe",
      "cache-control": "no-store",
      "content-language": "de",
      "content-encoding": "identity",
      expires: "Thu, 01 Dec 2033 16:00:00 GMT",
    });
    expect(Buffer.from(headers["content-disposition"] ?? "", "latin1").toString()).toBe(
      'attachment; filename="x y ü.txt"',
    );
  });

  it.each<[string, (url: string) => string, string, string]>([
    ["another key", (url) => url.replace("a%20b", "other"), "GET", "SignatureDoesNotMatch"],
    ["another bucket", (url) => url.replace("/media/", "/media2/"), "GET", "SignatureDoesNotMatch"],
    [
      "a changed signature",
      (url) => url.replace(/(?<=X-Amz-Signature=)[0-9a-f]+/, digit),
      "GET",
      "SignatureDoesNotMatch",
    ],
    ["a longer life", (url) => url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"), "GET", "SignatureDoesNotMatch"],
    ["a response header added", (url) => `${url}&response-content-type=text%2Fhtml`, "GET", "SignatureDoesNotMatch"],
    ["an unknown parameter added", (url) => `${url}&x=1`, "GET", "SignatureDoesNotMatch"],
    ["a method that writes", (url) => url, "PUT", "SignatureDoesNotMatch"],
    ["a method that deletes", (url) => url, "DELETE", "SignatureDoesNotMatch"],
    ["another user's access key", (url) => url.replace("ROOTKEY", "GUESTKEY"), "GET", "SignatureDoesNotMatch"],
    ["an unknown access key", (url) => url.replace("ROOTKEY", "NOKEY"), "GET", "InvalidAccessKeyId"],
    ["no signature", (url) => url.replace(/\?.*/, ""), "GET", "AccessDenied"],
  ])("with %s is refused", async (_, change, method, code) => {
    const body = method === "PUT" ? { body: "evil" } : {};
    expect(await raw(method, change(await get()), body)).toMatchObject({ status: 403, code });
    expect(await media.text("a b.txt")).toBe("a b.txt");
  });

  it.each(["ResponseContentType", "ResponseContentDisposition"] as const)(
    "whose %s was changed is refused",
    async (name) => {
      const url = (await get({ [name]: "text/plain" })).replace("text%2Fplain", "text%2Fhtml");
      expect(await raw("GET", url)).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
    },
  );

  it("without a signature does not override the answer's headers", async () => {
    const url = media.url("a b.txt", "response-content-type=text%2Fhtml");
    expect(await raw("GET", url)).toMatchObject({ status: 403, code: "AccessDenied" });
    const publicRead = {
      Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::media/*" }],
    };
    await media.send(sdk.PutBucketPolicyCommand, { Policy: JSON.stringify(publicRead) });
    expect(await raw("GET", url)).toMatchObject({ status: 400, code: "InvalidRequest" });
    expect((await raw("GET", media.url("a b.txt"))).status).toBe(200);
    await media.send(sdk.DeleteBucketPolicyCommand, {});
  });
});

describe("the life of a presigned URL", () => {
  const signedAgo = (seconds: number, expiresIn = 60) =>
    media.sign(
      sdk.GetObjectCommand,
      { Key: "a b.txt" },
      { expiresIn, signingDate: new Date(Date.now() - seconds * 1000) },
    );

  it("ends, and the refusal says when", async () => {
    expect((await raw("GET", await signedAgo(50))).status).toBe(200);
    const answer = await raw("GET", await signedAgo(62));
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(answer.text).toMatch(/<Message>Request has expired<\/Message><X-Amz-Expires>60<\/X-Amz-Expires><Expires>/);
  });

  it("does not begin more than 15 minutes ahead", async () => {
    expect((await raw("GET", await signedAgo(-14 * 60))).status).toBe(200);
    const answer = await raw("GET", await signedAgo(-16 * 60));
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(answer.text).toContain("Request is not valid yet");
  });

  it.each([
    ["longer than seven days", (url: string) => url.replace("Expires=60", "Expires=604801")],
    ["that is no number", (url: string) => url.replace("Expires=60", "Expires=-1")],
    ["that is not said", (url: string) => url.replace(/&X-Amz-Expires=60/, "")],
    ["that has no beginning", (url: string) => url.replace(/X-Amz-Date=\w+/, "X-Amz-Date=today")],
    ["under another algorithm", (url: string) => url.replace("HMAC-SHA256", "HMAC-SHA1")],
    ["of a credential that is none", (url: string) => url.replace("aws4_request", "aws5_request")],
  ])("%s is refused", async (_, change) => {
    const answer = await raw("GET", change(await get()));
    expect(answer).toMatchObject({ status: 400, code: "AuthorizationQueryParametersError" });
  });
});

describe("a presigned PUT", () => {
  const put = (Key: string, input: Partial<sdk.PutObjectCommandInput> = {}) =>
    media.sign(
      sdk.PutObjectCommand,
      { Key, ContentType: "text/x", ...input },
      { signableHeaders: new Set(["content-type"]) },
    );
  const headers = { "content-type": "text/x" };

  it("stores the body and answers its ETag", async () => {
    const etag = `"${createHash("md5").update("abc").digest("hex")}"`;
    expect(await raw("PUT", await put("put.txt"), { body: "abc", headers })).toMatchObject({
      status: 200,
      text: "",
      headers: { etag },
    });
    expect(await media.get("put.txt")).toMatchObject({ ContentType: "text/x", ETag: etag });
  });

  it("is held to its signed headers, and to nothing it did not sign", async () => {
    const url = await put("held.txt");
    for (const [change, code] of [
      [{ "content-type": "text/html" }, "SignatureDoesNotMatch"],
      [{ ...headers, "x-amz-acl": "public-read" }, "AccessDenied"],
      [{ ...headers, "x-amz-meta-evil": "1" }, "AccessDenied"],
      [{ ...headers, "x-amz-copy-source": "media/other.txt" }, "AccessDenied"],
    ] as const) {
      expect(await raw("PUT", url, { body: "abc", headers: change })).toMatchObject({ status: 403, code });
    }
    expect(await refusal(media.get("held.txt"))).toBe("404 NoSuchKey");
  });

  it("is not one for another key, nor one to read", async () => {
    const url = await put("bound.txt");
    for (const [method, changed] of [
      ["PUT", url.replace("bound.txt", "other.txt")],
      ["GET", url],
      ["DELETE", url],
    ] as const) {
      expect(await raw(method, changed, { headers })).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
    }
    expect(await media.text("other.txt")).toBe("other.txt");
  });

  it("of a part of an unknown upload is a 404", async () => {
    const url = await media.sign(sdk.UploadPartCommand, { Key: "x", UploadId: "nope", PartNumber: 1 });
    expect(await raw("PUT", url, { body: "abc" })).toMatchObject({ status: 404, code: "NoSuchUpload" });
  });
});

describe("a presigned DELETE", () => {
  it("deletes its key alone", async () => {
    await media.put("deleted.txt", "x");
    const url = await media.sign(sdk.DeleteObjectCommand, { Key: "deleted.txt" });
    const other = url.replace("deleted.txt", "other.txt");
    expect(await raw("DELETE", other)).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
    expect((await raw("DELETE", url)).status).toBe(204);
    expect(await refusal(media.get("deleted.txt"))).toBe("404 NoSuchKey");
  });
});
