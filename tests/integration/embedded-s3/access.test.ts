import * as sdk from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { guest, raw, refusal, startStore, type TestStore } from "./harness";

let store: TestStore;
let asGuest: sdk.S3Client;
const Bucket = "media";
const Key = "a/b.txt";

beforeAll(async () => {
  store = await startStore();
  asGuest = store.client({ credentials: guest });
  await store.s3.send(new sdk.CreateBucketCommand({ Bucket }));
  await store.s3.send(new sdk.PutObjectCommand({ Bucket, Key, Body: "x" }));
});
afterAll(() => store.stop());
beforeEach(async () => {
  await store.s3.send(new sdk.DeletePublicAccessBlockCommand({ Bucket }));
  await store.s3.send(new sdk.DeleteBucketPolicyCommand({ Bucket }));
});

const statement = {
  Effect: "Allow",
  Principal: "*" as unknown,
  Action: "s3:GetObject" as unknown,
  Resource: `arn:aws:s3:::${Bucket}/*` as unknown,
};
const policy = (...statements: object[]) =>
  store.s3.send(
    new sdk.PutBucketPolicyCommand({
      Bucket,
      Policy: JSON.stringify({ Version: "2012-10-17", Statement: statements }),
    }),
  );
const url = () => `${store.endpoint}/${Bucket}/${Key}`;
const signedUrl = () => getSignedUrl(store.s3, new sdk.GetObjectCommand({ Bucket, Key }), { expiresIn: 60 });
const read = (client: sdk.S3Client) => refusal(client.send(new sdk.GetObjectCommand({ Bucket, Key })));

describe("without a policy", () => {
  it("only the owner gets in, and strangers learn nothing of what is missing", async () => {
    expect(await read(store.s3)).toBe("accepted");
    expect(await read(asGuest)).toBe("403 AccessDenied");
    expect((await raw("GET", url())).code).toBe("AccessDenied");
    expect((await raw("GET", `${url()}-missing`)).code).toBe("AccessDenied");
    expect((await raw("PUT", url(), { body: "x" })).code).toBe("AccessDenied");
    expect((await raw("DELETE", url())).code).toBe("AccessDenied");
    expect((await raw("GET", `${store.endpoint}/${Bucket}?list-type=2`)).code).toBe("AccessDenied");
    expect((await raw("GET", store.endpoint)).code).toBe("AccessDenied");
  });
});

describe("a Deny of foreign Referers on top of signatures", () => {
  const foreign = {
    ...statement,
    Effect: "Deny",
    Condition: { StringNotLike: { "aws:Referer": ["https://app.test/*"] }, Null: { "aws:Referer": "false" } },
  };

  it("beats a valid signature and lets our own and none through", async () => {
    await policy(foreign);
    const get = async (referer?: string) =>
      (await raw("GET", await signedUrl(), { headers: referer ? { referer } : {} })).status;
    expect(await get("https://evil.test/page")).toBe(403);
    expect(await get("https://evil.test/https://app.test/")).toBe(403);
    expect(await get("https://app.test/gallery")).toBe(200);
    expect(await get()).toBe(200);
  });

  it("opens nothing to those without a signature", async () => {
    await policy(foreign);
    expect((await raw("GET", url(), { headers: { referer: "https://app.test/" } })).status).toBe(403);
  });
});

describe("policies", () => {
  it("allow the world, a user, or a prefix, and no more", async () => {
    await policy(statement);
    expect((await raw("GET", url())).status).toBe(200);
    await policy({ ...statement, Principal: { AWS: "arn:aws:iam::000000000000:user/guest" } });
    expect((await raw("GET", url())).status).toBe(403);
    expect(await read(asGuest)).toBe("accepted");
    expect(await refusal(asGuest.send(new sdk.DeleteObjectCommand({ Bucket, Key })))).toBe("403 AccessDenied");
    await policy({
      ...statement,
      Action: "s3:ListBucket",
      Resource: `arn:aws:s3:::${Bucket}`,
      Condition: { StringLike: { "s3:prefix": "a/*" } },
    });
    const list = (Prefix: string) => refusal(asGuest.send(new sdk.ListObjectsV2Command({ Bucket, Prefix })));
    expect([await list("a/"), await list("b/")]).toEqual(["accepted", "403 AccessDenied"]);
  });

  it("limit the age of a signature", async () => {
    await policy({ ...statement, Effect: "Deny", Condition: { NumericGreaterThan: { "s3:signatureAge": 60_000 } } });
    const command = new sdk.GetObjectCommand({ Bucket, Key });
    const old = await getSignedUrl(store.s3, command, { expiresIn: 600, signingDate: new Date(Date.now() - 70_000) });
    expect((await raw("GET", old)).status).toBe(403);
    expect((await raw("GET", await signedUrl())).status).toBe(200);
  });

  it("that shut everybody out can be taken back by the owner alone", async () => {
    await policy({
      ...statement,
      Effect: "Deny",
      Action: "s3:*",
      Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
    });
    expect(await read(store.s3)).toBe("403 AccessDenied");
    expect(await refusal(asGuest.send(new sdk.DeleteBucketPolicyCommand({ Bucket })))).toBe("403 AccessDenied");
    await store.s3.send(new sdk.DeleteBucketPolicyCommand({ Bucket }));
    expect(await read(store.s3)).toBe("accepted");
  });

  it("that cannot be enforced are refused", async () => {
    const Policy = JSON.stringify({
      Statement: [{ ...statement, Condition: { StringLike: { "aws:Refferer": "x" } } }],
    });
    expect(await refusal(store.s3.send(new sdk.PutBucketPolicyCommand({ Bucket, Policy })))).toBe(
      "400 MalformedPolicy",
    );
  });

  it("deny some of the keys of a DeleteObjects, and say which", async () => {
    await store.s3.send(new sdk.PutObjectCommand({ Bucket, Key: "keep/x", Body: "x" }));
    await store.s3.send(new sdk.PutObjectCommand({ Bucket, Key: "drop/x", Body: "x" }));
    await policy({
      ...statement,
      Effect: "Deny",
      Action: "s3:DeleteObject",
      Resource: `arn:aws:s3:::${Bucket}/keep/*`,
    });
    const answer = await store.s3.send(
      new sdk.DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "keep/x" }, { Key: "drop/x" }] } }),
    );
    expect(answer.Deleted?.map((one) => one.Key)).toEqual(["drop/x"]);
    expect(answer.Errors).toMatchObject([{ Key: "keep/x", Code: "AccessDenied" }]);
  });
});

describe("the public access block", () => {
  const block = (change: object) =>
    store.s3.send(new sdk.PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: change }));

  it("refuses public policies, and takes the effect of one that is there", async () => {
    await policy(statement);
    await block({ RestrictPublicBuckets: true });
    expect((await raw("GET", url())).status).toBe(403);
    await block({ BlockPublicPolicy: true });
    expect((await raw("GET", url())).status).toBe(200);
    expect(await refusal(policy(statement))).toBe("403 AccessDenied");
    const status = await store.s3.send(new sdk.GetBucketPolicyStatusCommand({ Bucket }));
    expect(status.PolicyStatus?.IsPublic).toBe(true);
  });

  it("refuses public ACLs and ignores those that are there; new buckets take none at all", async () => {
    const acl = (ACL: sdk.ObjectCannedACL) =>
      refusal(store.s3.send(new sdk.PutObjectCommand({ Bucket, Key: "acl", Body: "x", ACL })));
    const anonymous = async () => (await raw("GET", `${store.endpoint}/${Bucket}/acl`)).status;
    expect(await acl("public-read")).toBe("400 AccessControlListNotSupported");
    await store.s3.send(
      new sdk.PutBucketOwnershipControlsCommand({
        Bucket,
        OwnershipControls: { Rules: [{ ObjectOwnership: "ObjectWriter" }] },
      }),
    );
    expect(await acl("public-read")).toBe("accepted");
    expect(await anonymous()).toBe(200);
    await block({ IgnorePublicAcls: true });
    expect(await anonymous()).toBe(403);
    await block({ BlockPublicAcls: true });
    expect(await acl("public-read")).toBe("403 AccessDenied");
    expect(await anonymous()).toBe(200);
    await store.s3.send(new sdk.DeleteBucketOwnershipControlsCommand({ Bucket }));
    expect(await anonymous()).toBe(403);
  });
});

describe("CORS", () => {
  beforeAll(async () => {
    const rule = {
      AllowedOrigins: ["https://app.test", "https://*.app.test"],
      AllowedMethods: ["GET", "PUT", "POST"],
      AllowedHeaders: ["content-type", "x-amz-*"],
      ExposeHeaders: ["ETag"],
      MaxAgeSeconds: 77,
    };
    await store.s3.send(new sdk.PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [rule] } }));
  });
  const preflight = (origin: string, method: string, headers = "content-type") =>
    raw("OPTIONS", url(), {
      headers: { origin, "access-control-request-method": method, "access-control-request-headers": headers },
    });

  it("answers a preflight that a rule allows", async () => {
    const { status, headers } = await preflight("https://x.app.test", "PUT", "Content-Type, x-amz-meta-a");
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "access-control-allow-origin": "https://x.app.test",
      "access-control-max-age": "77",
      "access-control-allow-headers": "content-type, x-amz-meta-a",
    });
    expect(headers["access-control-allow-methods"]).toContain("PUT");
    expect(headers.vary).toContain("Origin");
  });

  it.each([
    ["another origin", "https://evil.test", "PUT", "content-type"],
    ["an origin that ends alike", "https://evilapp.test", "PUT", "content-type"],
    ["another method", "https://app.test", "DELETE", "content-type"],
    ["another header", "https://app.test", "PUT", "x-custom"],
  ])("refuses %s", async (_, origin, method, headers) => {
    const answer = await preflight(origin, method, headers);
    expect(answer).toMatchObject({ status: 403, code: "AccessForbidden" });
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });

  it("marks answers, errors too, for allowed origins only", async () => {
    const ours = { headers: { origin: "https://app.test" } };
    const ok = await raw("GET", await signedUrl(), ours);
    expect(ok.headers).toMatchObject({
      "access-control-allow-origin": "https://app.test",
      "access-control-expose-headers": "ETag",
    });
    const refused = await raw("GET", url(), ours);
    expect(refused.status).toBe(403);
    expect(refused.headers["access-control-allow-origin"]).toBe("https://app.test");
    const foreign = await raw("GET", await signedUrl(), { headers: { origin: "https://evil.test" } });
    expect(foreign.headers["access-control-allow-origin"]).toBeUndefined();
    expect(foreign.headers.vary).toContain("Origin");
  });

  it("a bucket without rules answers no preflight", async () => {
    await store.s3.send(new sdk.CreateBucketCommand({ Bucket: "plain" }));
    const answer = await raw("OPTIONS", `${store.endpoint}/plain/x`, {
      headers: { origin: "https://app.test", "access-control-request-method": "GET" },
    });
    expect(answer).toMatchObject({ status: 403, code: "AccessForbidden" });
  });
});

describe("versions over HTTP", () => {
  it("are kept, listed, read by id, hidden by a marker and brought back", async () => {
    const name = "versioned";
    await store.s3.send(new sdk.CreateBucketCommand({ Bucket: name }));
    await store.s3.send(
      new sdk.PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status: "Enabled" } }),
    );
    const put = async (Body: string) =>
      (await store.s3.send(new sdk.PutObjectCommand({ Bucket: name, Key: "k", Body }))).VersionId;
    const text = async (VersionId?: string) =>
      (await store.s3.send(new sdk.GetObjectCommand({ Bucket: name, Key: "k", VersionId }))).Body?.transformToString();
    const [first, second] = [await put("one"), await put("two")];
    expect([await text(), await text(first), await text(second)]).toEqual(["two", "one", "two"]);
    const marker = await store.s3.send(new sdk.DeleteObjectCommand({ Bucket: name, Key: "k" }));
    expect(marker.DeleteMarker).toBe(true);
    const gone = await raw("GET", await getSignedUrl(store.s3, new sdk.GetObjectCommand({ Bucket: name, Key: "k" })));
    expect(gone).toMatchObject({ status: 404, code: "NoSuchKey", headers: { "x-amz-delete-marker": "true" } });
    expect(await refusal(text(marker.VersionId))).toBe("405 MethodNotAllowed");
    const listed = await store.s3.send(new sdk.ListObjectVersionsCommand({ Bucket: name }));
    expect(listed.Versions?.map((one) => [one.VersionId, one.IsLatest])).toEqual([
      [second, false],
      [first, false],
    ]);
    expect(listed.DeleteMarkers).toMatchObject([{ VersionId: marker.VersionId, IsLatest: true }]);
    await store.s3.send(new sdk.DeleteObjectCommand({ Bucket: name, Key: "k", VersionId: marker.VersionId }));
    expect(await text()).toBe("two");
    await store.s3.send(new sdk.DeleteObjectCommand({ Bucket: name, Key: "k", VersionId: second }));
    expect(await text()).toBe("one");
    expect(await refusal(text(second))).toBe("404 NoSuchVersion");
    expect(await refusal(text("nonsense"))).toBe("400 InvalidArgument");
  });
});
