import * as sdk from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { guest, raw, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";

const store = storeForFile();
const media = bucketIn(store, "media");
const arn = "arn:aws:s3:::media";
let asGuest: sdk.S3Client;

beforeAll(async () => {
  asGuest = store.client({ credentials: guest });
  await media.put("pub/x.txt", "pub");
  await media.put("priv/x.txt", "priv");
});
afterAll(() => asGuest.destroy());
beforeEach(() => media.send(sdk.DeleteBucketPolicyCommand, {}));

const read: Record<string, unknown> = {
  Effect: "Allow",
  Principal: "*",
  Action: "s3:GetObject",
  Resource: `${arn}/pub/*`,
};
const set = (...Statement: object[]) =>
  media.send(sdk.PutBucketPolicyCommand, { Policy: JSON.stringify({ Version: "2012-10-17", Statement }) });
/** A GET without a signature. */
const anonymous = async (key: string, headers: Record<string, string> = {}) => {
  const { status, code = "" } = await raw("GET", media.url(key), { headers });
  return `${status} ${code}`.trim();
};
const denied = "403 AccessDenied";
const asked = (Key: string, client = store.s3) => refusal(media.send(sdk.GetObjectCommand, { Key }, client));

describe("without a policy", () => {
  it.each([
    ["GET", "pub/x.txt", ""],
    ["GET", "missing", ""],
    ["HEAD", "pub/x.txt", ""],
    ["PUT", "new", ""],
    ["DELETE", "pub/x.txt", ""],
    ["GET", "", "list-type=2"],
    ["GET", "", "policy"],
    ["POST", "new", "uploads"],
  ])("%s /media/%s?%s is for the owner alone", async (method, key, query) => {
    const answer = await raw(method, media.url(key, query), method === "PUT" ? { body: "x" } : {});
    expect(answer).toMatchObject({ status: 403, code: method === "HEAD" ? undefined : "AccessDenied" });
  });

  it("another user has no access either, and nothing was changed", async () => {
    expect(await asked("pub/x.txt", asGuest)).toBe(denied);
    expect(await asked("missing", asGuest)).toBe(denied);
    expect(await refusal(media.send(sdk.PutObjectCommand, { Key: "new", Body: "x" }, asGuest))).toBe(denied);
    expect(await media.keys()).toEqual(["priv/x.txt", "pub/x.txt"]);
  });
});

describe("the policy", () => {
  it("comes back letter by letter, until it is deleted", async () => {
    const Policy = JSON.stringify({ Version: "2012-10-17", Id: "own", Statement: [{ Sid: "ref", ...read }] }, null, 1);
    await media.send(sdk.PutBucketPolicyCommand, { Policy });
    expect((await media.send(sdk.GetBucketPolicyCommand, {})).Policy).toBe(Policy);
    await media.send(sdk.DeleteBucketPolicyCommand, {});
    expect(await refusal(media.send(sdk.GetBucketPolicyCommand, {}))).toBe("404 NoSuchBucketPolicy");
    expect(await anonymous("pub/x.txt")).toBe(denied);
  });

  it.each([
    ["that is no JSON", "{"],
    ["without statements", JSON.stringify({ Version: "2012-10-17", Statement: [] })],
    ["with an unknown effect", JSON.stringify({ Version: "2012-10-17", Statement: [{ ...read, Effect: "Maybe" }] })],
    ["for another bucket", JSON.stringify({ Statement: [{ ...read, Resource: "arn:aws:s3:::other/*" }] })],
    [
      "that could not be enforced",
      JSON.stringify({ Statement: [{ ...read, Condition: { StringLike: { "aws:Refferer": "x" } } }] }),
    ],
    ["of more than 20 KB", JSON.stringify({ Id: "x".repeat(20 * 1024), Statement: [read] })],
  ])("%s is refused, and the one before stays", async (_, Policy) => {
    await set(read);
    expect(await refusal(media.send(sdk.PutBucketPolicyCommand, { Policy }))).toBe("400 MalformedPolicy");
    expect(await anonymous("pub/x.txt")).toBe("200");
  });

  it("is set by the owner alone", async () => {
    const Policy = JSON.stringify({ Statement: [read] });
    expect(await refusal(media.send(sdk.PutBucketPolicyCommand, { Policy }, asGuest))).toBe(denied);
    expect(await anonymous("pub/x.txt")).toBe(denied);
  });

  it("that denies everything can be removed by the owner only", async () => {
    await set({ ...read, Effect: "Deny", Action: "s3:*", Resource: [arn, `${arn}/*`] });
    expect(await asked("pub/x.txt")).toBe(denied);
    expect(await refusal(media.keys())).toBe(denied);
    expect(await refusal(media.send(sdk.DeleteBucketPolicyCommand, {}, asGuest))).toBe(denied);
    await media.send(sdk.DeleteBucketPolicyCommand, {});
    expect(await asked("pub/x.txt")).toBe("accepted");
  });
});

describe("an Allow", () => {
  it("opens what it names to the world, and nothing beside", async () => {
    await set(read);
    expect(await raw("GET", media.url("pub/x.txt"))).toMatchObject({ status: 200, text: "pub" });
    expect(await anonymous("priv/x.txt")).toBe(denied);
    expect(await anonymous("pub/missing")).toBe(denied);
    expect(await raw("DELETE", media.url("pub/x.txt"))).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(await raw("GET", media.url("", "list-type=2"))).toMatchObject({ status: 403, code: "AccessDenied" });
  });

  it("to one user is for no other, nor for those without a name", async () => {
    await set({ ...read, Principal: { AWS: ["arn:aws:iam::000000000000:user/guest"] } });
    expect(await asked("pub/x.txt", asGuest)).toBe("accepted");
    expect(await anonymous("pub/x.txt")).toBe(denied);
    await set({ ...read, Principal: { AWS: ["arn:aws:iam:::user/nobody"] } });
    expect(await asked("pub/x.txt", asGuest)).toBe(denied);
    expect(await anonymous("pub/x.txt")).toBe(denied);
  });

  it("to list lets its bearer see what is missing, below its prefix", async () => {
    const toList = { ...read, Principal: { AWS: "000000000000" }, Action: "s3:ListBucket", Resource: arn };
    await set(read, { ...toList, Condition: { StringLike: { "s3:prefix": "pub/*" } } });
    const list = (Prefix: string) => refusal(media.send(sdk.ListObjectsV2Command, { Prefix }, asGuest));
    expect([await list("pub/"), await list("priv/"), await list("")]).toEqual(["accepted", denied, denied]);
    await set(read, toList);
    expect(await asked("pub/missing", asGuest)).toBe("404 NoSuchKey");
  });

  it("that allows everything does not let anonymous callers read or change itself", async () => {
    const all = { ...read, Action: "s3:*", Resource: [arn, `${arn}/*`] };
    await set(all);
    const policy = JSON.stringify({ Statement: [{ ...all, Effect: "Deny" }] });
    for (const [method, body] of [["PUT", policy], ["GET"], ["DELETE"]] as const) {
      const answer = await raw(method, media.url("", "policy"), body === undefined ? {} : { body });
      expect(answer).toMatchObject({ status: 405, code: "MethodNotAllowed" });
    }
    expect((await raw("GET", media.url("", "versioning"))).status).toBe(200);
    expect((await media.send(sdk.GetBucketPolicyCommand, {})).Policy).toContain('"Allow"');
  });

  it("to write lets its bearer write, and the object is the bucket owner's", async () => {
    await set({ ...read, Principal: { AWS: "000000000000" }, Action: "s3:PutObject", Resource: `${arn}/drop/*` });
    expect(await refusal(media.send(sdk.PutObjectCommand, { Key: "drop/x", Body: "x" }, asGuest))).toBe("accepted");
    expect(await asked("drop/x", asGuest)).toBe(denied);
    expect(await media.text("drop/x")).toBe("x");
    await media.send(sdk.DeleteObjectCommand, { Key: "drop/x" });
  });
});

describe("an Allow by Referer", () => {
  beforeEach(() => set({ ...read, Condition: { StringLike: { "aws:Referer": ["https://ok.test/*"] } } }));

  it.each([
    ["ours", "pub/x.txt", { referer: "https://ok.test/page" }, "200"],
    ["none", "pub/x.txt", {}, denied],
    ["another that holds ours", "pub/x.txt", { referer: "https://evil.test/https://ok.test/" }, denied],
    ["another that begins alike", "pub/x.txt", { referer: "https://ok.test.evil.test/" }, denied],
    ["ours, for what it does not name", "priv/x.txt", { referer: "https://ok.test/page" }, denied],
  ])("%s", async (_, key, headers: Record<string, string>, outcome) => {
    expect(await anonymous(key, headers)).toBe(outcome);
  });
});

describe("a Deny", () => {
  const shut = { ...read, Effect: "Deny", Resource: `${arn}/priv/*` };
  const ours = { StringNotLike: { "aws:Referer": "https://app.test/*" } };

  it("beats the owner, and an Allow", async () => {
    await set(shut, { ...read, Resource: `${arn}/*` });
    expect(await asked("priv/x.txt")).toBe(denied);
    expect(await anonymous("priv/x.txt")).toBe(denied);
    expect(await anonymous("pub/x.txt")).toBe("200");
  });

  it("by a Referer that is not ours falls on those who send none, too", async () => {
    await set({ ...shut, Condition: ours });
    expect(await asked("priv/x.txt")).toBe(denied);
    const get = await media.sign(sdk.GetObjectCommand, { Key: "priv/x.txt" });
    expect((await raw("GET", get, { headers: { referer: "https://app.test/" } })).status).toBe(200);
  });

  it("by a foreign Referer that must be there lets those who send none through, and opens nothing", async () => {
    await set({ ...shut, Condition: { ...ours, Null: { "aws:Referer": "false" } } });
    const get = async (headers: Record<string, string>) =>
      (await raw("GET", await media.sign(sdk.GetObjectCommand, { Key: "priv/x.txt" }), { headers })).status;
    expect(await get({ referer: "https://evil.test/page" })).toBe(403);
    expect(await get({ referer: "https://evil.test/https://app.test/" })).toBe(403);
    expect(await get({ referer: "https://app.test/gallery" })).toBe(200);
    expect(await get({})).toBe(200);
    expect(await anonymous("priv/x.txt", { referer: "https://app.test/" })).toBe(denied);
  });

  it("limits the age of a signature", async () => {
    await set({ ...shut, Condition: { NumericGreaterThan: { "s3:signatureAge": 60_000 } } });
    const signedAt = (signingDate: Date) =>
      media.sign(sdk.GetObjectCommand, { Key: "priv/x.txt" }, { expiresIn: 600, signingDate });
    expect((await raw("GET", await signedAt(new Date(Date.now() - 70_000)))).code).toBe("AccessDenied");
    expect((await raw("GET", await signedAt(new Date()))).status).toBe(200);
  });

  it("to whom does not come over TLS, or from here, shuts all out, as this store speaks plain HTTP on this machine", async () => {
    await set({ ...shut, Condition: { Bool: { "aws:SecureTransport": "false" } } });
    expect(await asked("priv/x.txt")).toBe(denied);
    await set({ ...shut, Condition: { IpAddress: { "aws:SourceIp": "127.0.0.0/8" } } });
    expect(await asked("priv/x.txt")).toBe(denied);
    await set({ ...shut, Condition: { NotIpAddress: { "aws:SourceIp": "127.0.0.0/8" } } });
    expect(await asked("priv/x.txt")).toBe("accepted");
  });

  it("by a tag follows the tags of the object", async () => {
    await set({ ...shut, Condition: { StringEquals: { "s3:ExistingObjectTag/secret": "yes" } } });
    expect(await asked("priv/x.txt")).toBe("accepted");
    const Tagging = { TagSet: [{ Key: "secret", Value: "yes" }] };
    await media.send(sdk.PutObjectTaggingCommand, { Key: "priv/x.txt", Tagging });
    expect(await asked("priv/x.txt")).toBe(denied);
    await media.send(sdk.DeleteObjectTaggingCommand, { Key: "priv/x.txt" });
  });

  it("of some of the keys of a DeleteObjects leaves those, and says which", async () => {
    await media.put("keep/x", "x");
    await media.put("drop/x", "x");
    await set({ ...shut, Action: "s3:DeleteObject", Resource: `${arn}/keep/*` });
    const answer = await media.send(sdk.DeleteObjectsCommand, {
      Delete: { Objects: [{ Key: "keep/x" }, { Key: "drop/x" }] },
    });
    expect(answer.Deleted?.map((one) => one.Key)).toEqual(["drop/x"]);
    expect(answer.Errors).toMatchObject([{ Key: "keep/x", Code: "AccessDenied" }]);
    expect(await media.text("keep/x")).toBe("x");
  });

  it("of old versions leaves the newest", async () => {
    const { VersionId = "null" } = await media.put("priv/y", "x");
    await set({ ...shut, Action: "s3:GetObjectVersion" });
    expect(await refusal(media.get("priv/y", { VersionId }))).toBe(denied);
    expect(await asked("priv/y")).toBe("accepted");
  });
});
