import * as sdk from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { guest, raw, refusal, root } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";
import { signedRaw, signRequest } from "../signed-request";

const store = storeForFile();
const media = bucketIn(store, "media");
const credentials = { accessKeyId: root.accessKeyId, secretAccessKey: root.secretAccessKey };

beforeAll(() => media.put("k", "hello", { ContentType: "text/plain" }));

describe("a signature in the header", () => {
  it("lets its user in, from any client", async () => {
    expect(await media.text("k")).toBe("hello");
    expect(await signedRaw("GET", media.url("k"))).toMatchObject({ status: 200, text: "hello" });
  });

  it("covers a query and headers with any characters", async () => {
    const query = "list-type=2&prefix=a%2Bb%20%26%20%C3%BC&delimiter=%7E*";
    expect((await signedRaw("GET", media.url("", query))).status).toBe(200);
    await media.put("spaced", "x", { Metadata: { spaced: "a  b   c" }, ContentType: "text/plain;charset=utf-8" });
    expect(await media.head("spaced")).toMatchObject({ ContentType: "text/plain;charset=utf-8" });
  });

  it.each<[string, sdk.S3ClientConfig, string]>([
    [
      "a wrong secret",
      { credentials: { ...credentials, secretAccessKey: "another-secret" } },
      "403 SignatureDoesNotMatch",
    ],
    [
      "another user's secret",
      { credentials: { ...credentials, secretAccessKey: guest.secretAccessKey } },
      "403 SignatureDoesNotMatch",
    ],
    ["an unknown access key", { credentials: { ...credentials, accessKeyId: "NOKEY" } }, "403 InvalidAccessKeyId"],
    ["a clock two hours slow", { systemClockOffset: -7_200_000 }, "403 RequestTimeTooSkewed"],
    ["a clock two hours fast", { systemClockOffset: 7_200_000 }, "403 RequestTimeTooSkewed"],
    ["another region", { region: "eu-west-1" }, "400 AuthorizationHeaderMalformed"],
  ])("by %s is refused", async (_, config, outcome) => {
    const client = store.client(config);
    expect(await refusal(media.send(sdk.PutObjectCommand, { Key: "never", Body: "x" }, client))).toBe(outcome);
    client.destroy();
    expect(await refusal(media.get("never"))).toBe("404 NoSuchKey");
  });

  it("that is too old says by how much it may be", async () => {
    const client = store.client({ systemClockOffset: -16 * 60_000 });
    const error = await media.send(sdk.GetObjectCommand, { Key: "k" }, client).catch((thrown: unknown) => thrown);
    client.destroy();
    expect(error).toMatchObject({
      name: "RequestTimeTooSkewed",
      MaxAllowedSkewMilliseconds: "900000",
      RequestTime: expect.stringMatching(/^\d{8}T\d{6}Z$/),
    });
  });
});

describe("a request that is not the one that was signed is refused", () => {
  type Headers = Record<string, string>;
  const without = (name: string, headers: Headers) =>
    Object.fromEntries(Object.entries(headers).filter(([one]) => one !== name));
  const digit = (hex: string) => hex.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  const authorization = (change: (value: string) => string) => (headers: Headers) => ({
    ...headers,
    authorization: change(headers.authorization ?? ""),
  });

  it.each<[string, (headers: Headers) => Headers, number, string]>([
    ["a changed signature", authorization(digit), 403, "SignatureDoesNotMatch"],
    ["a signature cut short", authorization((value) => value.slice(0, -1)), 403, "SignatureDoesNotMatch"],
    ["a changed header", (headers) => ({ ...headers, "content-type": "text/html" }), 403, "SignatureDoesNotMatch"],
    ["a header taken away", (headers) => without("content-type", headers), 403, "SignatureDoesNotMatch"],
    ["a header added that S3 heeds", (headers) => ({ ...headers, "x-amz-acl": "public-read" }), 403, "AccessDenied"],
    [
      "another access key",
      authorization((value) => value.replace(root.accessKeyId, guest.accessKeyId)),
      403,
      "SignatureDoesNotMatch",
    ],
    [
      "another day in its scope",
      authorization((value) => value.replace(/\/20\d{6}\//, "/20200101/")),
      400,
      "AuthorizationHeaderMalformed",
    ],
    [
      "another service in its scope",
      authorization((value) => value.replace("/s3/", "/sqs/")),
      400,
      "AuthorizationHeaderMalformed",
    ],
    [
      "no host among its signed headers",
      authorization((value) => value.replace(";host", "")),
      400,
      "AuthorizationHeaderMalformed",
    ],
    ["a signature that is none", () => ({ authorization: "AWS4-HMAC-SHA256 x" }), 400, "AuthorizationHeaderMalformed"],
    ["a signature of version 2", () => ({ authorization: "AWS ROOTKEY:x" }), 400, "InvalidRequest"],
    ["no date", (headers) => without("x-amz-date", headers), 403, "AccessDenied"],
    ["no hash of its body", (headers) => without("x-amz-content-sha256", headers), 400, "InvalidRequest"],
    ["a hash that is none", (headers) => ({ ...headers, "x-amz-content-sha256": "x" }), 403, "SignatureDoesNotMatch"],
  ])("%s", async (_, change, status, code) => {
    const url = media.url("never");
    const { headers } = signRequest({ method: "PUT", url, body: "x", headers: { "content-type": "text/a" } });
    expect((await raw("PUT", url, { headers, body: "x" })).status).toBe(200);
    await media.send(sdk.DeleteObjectCommand, { Key: "never" });
    expect(await raw("PUT", url, { headers: change(headers), body: "x" })).toMatchObject({ status, code });
    expect(await refusal(media.get("never"))).toBe("404 NoSuchKey");
  });

  it("another method, key or query", async () => {
    const { headers } = signRequest({ method: "GET", url: media.url("k") });
    expect((await raw("GET", media.url("k"), { headers })).status).toBe(200);
    for (const [method, url] of [
      ["HEAD", media.url("k")],
      ["DELETE", media.url("k")],
      ["GET", media.url("other")],
      ["GET", media.url("k", "tagging")],
      ["GET", media.url("k", "response-content-type=text%2Fhtml")],
    ] as const) {
      const code = method === "HEAD" ? undefined : "SignatureDoesNotMatch";
      expect(await raw(method, url, { headers })).toMatchObject({ status: 403, code });
    }
  });

  it.each([5, 100_000])("another body of %d bytes, and it leaves nothing", async (size) => {
    const url = media.url("never");
    const { headers } = signRequest({ method: "PUT", url, body: "x".repeat(size) });
    expect(await raw("PUT", url, { headers, body: "y".repeat(size) })).toMatchObject({
      status: 400,
      code: "XAmzContentSHA256Mismatch",
    });
    expect(await refusal(media.get("never"))).toBe("404 NoSuchKey");
  });

  it("one whose hash of the body is none", async () => {
    const answer = await signedRaw("PUT", media.url("never"), { body: "x", payloadHash: "x" });
    expect(answer).toMatchObject({ status: 400, code: "InvalidArgument" });
  });

  it("another configuration", async () => {
    const url = media.url("", "versioning");
    const body = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    const { headers } = signRequest({ method: "PUT", url, body });
    expect(await raw("PUT", url, { headers, body: body.replace("Suspended", "Enabled") })).toMatchObject({
      status: 400,
      code: "XAmzContentSHA256Mismatch",
    });
    expect((await media.send(sdk.GetBucketVersioningCommand, {})).Status).toBeUndefined();
  });

  it("one with a second signature in its query", async () => {
    const { headers } = signRequest({ method: "GET", url: media.url("k") });
    const presigned = await media.sign(sdk.GetObjectCommand, { Key: "k" });
    expect(await raw("GET", presigned, { headers })).toMatchObject({ status: 400, code: "InvalidArgument" });
  });
});
