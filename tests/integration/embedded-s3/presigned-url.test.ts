import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { raw, refusal, startStore, type TestStore } from "./harness";

let store: TestStore;
const Bucket = "media";

beforeAll(async () => {
  store = await startStore();
  await store.s3.send(new CreateBucketCommand({ Bucket }));
  for (const Key of ["a b.txt", "other.txt"])
    await store.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key, ContentType: "text/plain" }));
});
afterAll(() => store.stop());

const get = (Key = "a b.txt", input = {}) =>
  getSignedUrl(store.s3, new GetObjectCommand({ Bucket, Key, ...input }), { expiresIn: 60 });

describe("a presigned GET", () => {
  it("works, and its response headers are what was signed", async () => {
    const url = await get("a b.txt", {
      ResponseContentDisposition: 'attachment; filename="ü.txt"',
      ResponseCacheControl: "private",
    });
    const answer = await raw("GET", url);
    expect(answer).toMatchObject({ status: 200, text: "a b.txt" });
    expect(answer.headers["cache-control"]).toBe("private");
    expect(Buffer.from(answer.headers["content-disposition"] ?? "", "latin1").toString()).toBe(
      'attachment; filename="ü.txt"',
    );
  });

  it.each<[string, (url: string) => string, string, string]>([
    ["another key", (url) => url.replace("a%20b", "other"), "GET", "SignatureDoesNotMatch"],
    [
      "a changed signature",
      (url) => url.replace(/(X-Amz-Signature=)(.)/, (_, name, c) => name + (c === "0" ? "1" : "0")),
      "GET",
      "SignatureDoesNotMatch",
    ],
    ["a longer life", (url) => url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"), "GET", "SignatureDoesNotMatch"],
    ["a response header added", (url) => `${url}&response-content-type=text%2Fhtml`, "GET", "SignatureDoesNotMatch"],
    ["another method", (url) => url, "PUT", "SignatureDoesNotMatch"],
    ["another user's access key", (url) => url.replace("ROOTKEY", "GUESTKEY"), "GET", "SignatureDoesNotMatch"],
    ["an unknown access key", (url) => url.replace("ROOTKEY", "NOBODY"), "GET", "InvalidAccessKeyId"],
    ["no signature", (url) => url.replace(/\?.*/, ""), "GET", "AccessDenied"],
  ])("with %s is refused", async (_, change, method, code) => {
    expect(await raw(method, change(await get()))).toMatchObject({ status: 403, code });
  });

  it("is refused once it has expired", async () => {
    const signingDate = new Date(Date.now() - 61_000);
    const url = await getSignedUrl(store.s3, new GetObjectCommand({ Bucket, Key: "a b.txt" }), {
      expiresIn: 60,
      signingDate,
    });
    const answer = await raw("GET", url);
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(answer.text).toContain("Request has expired");
    expect(answer.headers["x-amz-request-id"]).toMatch(/^[0-9A-F]{16}$/);
  });

  it("response headers are for signed requests only", async () => {
    expect((await raw("GET", `${store.endpoint}/${Bucket}/other.txt?response-content-type=text/html`)).status).toBe(
      403,
    );
  });
});

describe("a presigned PUT", () => {
  it("stores a body, holds it to its signed headers and to nothing it did not sign", async () => {
    const command = new PutObjectCommand({ Bucket, Key: "put.txt", ContentType: "text/x" });
    const url = await getSignedUrl(store.s3, command, { expiresIn: 60, signableHeaders: new Set(["content-type"]) });
    expect(await raw("PUT", url, { body: "abc", headers: { "content-type": "text/html" } })).toMatchObject({
      status: 403,
      code: "SignatureDoesNotMatch",
    });
    const acl = { "content-type": "text/x", "x-amz-acl": "public-read" };
    expect(await raw("PUT", url, { body: "abc", headers: acl })).toMatchObject({ status: 403, code: "AccessDenied" });
    const answer = await raw("PUT", url, { body: "abc", headers: { "content-type": "text/x" } });
    expect(answer).toMatchObject({ status: 200, headers: { etag: '"900150983cd24fb0d6963f7d28e17f72"' } });
  });

  it("of a part of an unknown upload is a 404", async () => {
    const url = await getSignedUrl(
      store.s3,
      new UploadPartCommand({ Bucket, Key: "x", UploadId: "nope", PartNumber: 1 }),
      { expiresIn: 60 },
    );
    expect(await raw("PUT", url, { body: "abc" })).toMatchObject({ status: 404, code: "NoSuchUpload" });
  });
});

describe("signatures in the header", () => {
  const command = () => new GetObjectCommand({ Bucket, Key: "other.txt" });
  const { accessKeyId, secretAccessKey } = { accessKeyId: "ROOTKEY", secretAccessKey: "root-secret-key" };

  it.each([
    [
      "a wrong secret",
      { credentials: { accessKeyId, secretAccessKey: "another-secret" } },
      "403 SignatureDoesNotMatch",
    ],
    ["an unknown access key", { credentials: { accessKeyId: "NOBODY", secretAccessKey } }, "403 InvalidAccessKeyId"],
    [
      "a session token that was never given out",
      { credentials: { accessKeyId, secretAccessKey, sessionToken: "x" } },
      "400 InvalidToken",
    ],
    ["a clock two hours slow", { systemClockOffset: -7_200_000 }, "403 RequestTimeTooSkewed"],
    ["another region", { region: "eu-west-1" }, "400 AuthorizationHeaderMalformed"],
  ])("%s is refused", async (_, config, code) => {
    expect(await refusal(store.client(config).send(command()))).toBe(code);
  });
});
