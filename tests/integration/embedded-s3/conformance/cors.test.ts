import * as sdk from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { raw, refusal } from "../harness";
import { bucketIn, storeForFile } from "./fixture";
import { signedRaw } from "./signed-request";

const store = storeForFile();
const media = bucketIn(store, "media");
const open = bucketIn(store, "open");
const plain = bucketIn(store, "plain");
const rules: sdk.CORSRule[] = [
  {
    ID: "app",
    AllowedOrigins: ["https://app.test", "https://*.app.test"],
    AllowedMethods: ["GET", "PUT", "POST"],
    AllowedHeaders: ["content-type", "x-amz-*"],
    ExposeHeaders: ["ETag", "x-amz-version-id"],
    MaxAgeSeconds: 77,
  },
  { AllowedOrigins: ["https://reader.test"], AllowedMethods: ["GET"] },
];
const vary = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

beforeAll(async () => {
  await media.put("k", "x");
  await media.send(sdk.PutBucketCorsCommand, { CORSConfiguration: { CORSRules: rules } });
  const CORSRules = [{ AllowedOrigins: ["*"], AllowedMethods: ["GET"] }];
  await open.send(sdk.PutBucketCorsCommand, { CORSConfiguration: { CORSRules } });
});

describe("the configuration", () => {
  it("comes back as it was set, until it is deleted", async () => {
    expect((await media.send(sdk.GetBucketCorsCommand, {})).CORSRules).toEqual(rules);
    const get = () => plain.send(sdk.GetBucketCorsCommand, {});
    expect(await refusal(get())).toBe("404 NoSuchCORSConfiguration");
    await plain.send(sdk.PutBucketCorsCommand, { CORSConfiguration: { CORSRules: rules } });
    expect(await refusal(get())).toBe("accepted");
    await plain.send(sdk.DeleteBucketCorsCommand, {});
    expect(await refusal(get())).toBe("404 NoSuchCORSConfiguration");
  });

  const rule = (inner: string) => `<CORSConfiguration><CORSRule>${inner}</CORSRule></CORSConfiguration>`;
  const [origin, method] = ["<AllowedOrigin>*</AllowedOrigin>", "<AllowedMethod>GET</AllowedMethod>"];
  it.each([
    ["without a rule", "<CORSConfiguration/>", "MalformedXML"],
    ["without an origin", rule(method), "MalformedXML"],
    ["without a method", rule(origin), "MalformedXML"],
    ["with a method it cannot allow", rule(`${origin}<AllowedMethod>PATCH</AllowedMethod>`), "InvalidRequest"],
    ["with two wildcards", rule(`<AllowedOrigin>https://*.*</AllowedOrigin>${method}`), "InvalidRequest"],
    ["with an age that is no number", rule(`${origin}${method}<MaxAgeSeconds>1h</MaxAgeSeconds>`), "MalformedXML"],
  ])("%s is refused", async (_, body, code) => {
    expect(await signedRaw("PUT", plain.url("", "cors"), { body })).toMatchObject({ status: 400, code });
  });
});

describe("a preflight", () => {
  const preflight = (origin: string, method: string, headers?: string, bucket = media) =>
    raw("OPTIONS", bucket.url("k"), {
      headers: {
        origin,
        "access-control-request-method": method,
        ...(headers !== undefined && { "access-control-request-headers": headers }),
      },
    });

  it("that a rule allows is answered without a signature", async () => {
    for (const origin of ["https://app.test", "https://x.app.test"]) {
      const answer = await preflight(origin, "PUT", "Content-Type, x-amz-meta-a");
      expect(answer).toMatchObject({ status: 200, text: "" });
      expect(answer.headers).toMatchObject({
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, PUT, POST",
        "access-control-allow-headers": "content-type, x-amz-meta-a",
        "access-control-expose-headers": "ETag, x-amz-version-id",
        "access-control-max-age": "77",
        "access-control-allow-credentials": "true",
        vary,
      });
    }
  });

  it("goes by the first rule that fits whole", async () => {
    const { headers } = await preflight("https://reader.test", "GET");
    expect(headers).toMatchObject({
      "access-control-allow-origin": "https://reader.test",
      "access-control-allow-methods": "GET",
    });
    expect(headers["access-control-max-age"]).toBeUndefined();
    expect(headers["access-control-allow-headers"]).toBeUndefined();
  });

  it.each([
    ["another origin", "https://evil.test", "PUT", "content-type"],
    ["an origin that ends alike", "https://evilapp.test", "PUT", "content-type"],
    ["an origin that begins alike", "https://app.test.evil.test", "PUT", "content-type"],
    ["another scheme", "http://app.test", "PUT", "content-type"],
    ["another method", "https://app.test", "DELETE", "content-type"],
    ["another header", "https://app.test", "PUT", "x-custom"],
    ["another header beside an allowed one", "https://app.test", "PUT", "content-type, x-custom"],
    ["a method that only another rule allows", "https://reader.test", "PUT", "content-type"],
  ])("of %s is refused", async (_, origin, method, headers) => {
    const answer = await preflight(origin, method, headers);
    expect(answer).toMatchObject({ status: 403, code: "AccessForbidden" });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });

  it("to a bucket without rules, or to none, is refused", async () => {
    expect(await preflight("https://app.test", "GET", undefined, plain)).toMatchObject({
      status: 403,
      code: "AccessForbidden",
      text: expect.stringContaining("CORS is not enabled for this bucket"),
    });
    const nowhere = `${store.endpoint}/nowhere/k`;
    const headers = { origin: "https://app.test", "access-control-request-method": "GET" };
    expect(await raw("OPTIONS", nowhere, { headers })).toMatchObject({ status: 403, code: "AccessForbidden" });
  });

  it("without an origin or a method is none", async () => {
    for (const headers of [{ origin: "https://app.test" }, { "access-control-request-method": "GET" }]) {
      const answer = await raw("OPTIONS", media.url("k"), { headers: headers as Record<string, string> });
      expect(answer).toMatchObject({ status: 400, code: "InvalidRequest" });
    }
  });
});

describe("an answer", () => {
  const get = async (origin: string, bucket = media) =>
    raw("GET", await bucket.sign(sdk.GetObjectCommand, { Key: "k" }), { headers: { origin } });

  it("to an allowed origin says so, and what its script may see", async () => {
    const answer = await get("https://app.test");
    expect(answer).toMatchObject({ status: 200, text: "x" });
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": "https://app.test",
      "access-control-expose-headers": "ETag, x-amz-version-id",
      "access-control-allow-credentials": "true",
      vary,
    });
  });

  it("that is an error says so, too", async () => {
    const answer = await raw("GET", media.url("k"), { headers: { origin: "https://app.test" } });
    expect(answer).toMatchObject({
      status: 403,
      code: "AccessDenied",
      headers: { "access-control-allow-origin": "https://app.test" },
    });
  });

  it("to another origin, or by another method, is given without a word of it", async () => {
    const foreign = await get("https://evil.test");
    expect(foreign).toMatchObject({ status: 200, headers: { vary } });
    expect(foreign.headers["access-control-allow-origin"]).toBeUndefined();
    const url = await media.sign(sdk.HeadObjectCommand, { Key: "k" });
    const head = await raw("HEAD", url, { headers: { origin: "https://app.test" } });
    expect(head.status).toBe(200);
    expect(head.headers["access-control-allow-origin"]).toBeUndefined();
  });

  it("of a bucket for every origin names no origin and allows no credentials", async () => {
    const { headers } = await get("https://other.test", open);
    expect(headers["access-control-allow-origin"]).toBe("*");
    expect(headers["access-control-allow-credentials"]).toBeUndefined();
  });

  it("of a bucket without rules has none of it", async () => {
    const { headers } = await get("https://app.test", plain);
    expect([headers["access-control-allow-origin"], headers.vary]).toEqual([undefined, undefined]);
  });
});
