import * as sdk from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { guest, raw, refusal, sendForm } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";
import { signedRaw } from "../signed-request";

/** Requests that mean one thing to a policy's conditions and would do another. */

const store = storeForFile();
const media = bucketIn(store, "media");
const arn = "arn:aws:s3:::media";
const denied = "403 AccessDenied";
let asGuest: sdk.S3Client;

beforeAll(async () => {
  asGuest = store.client({ credentials: guest });
  await media.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status: "Enabled" } });
  await media.put("pub/x.txt", "pub");
  await media.put("priv/x.txt", "priv");
});
afterAll(() => asGuest.destroy());
beforeEach(() => media.send(sdk.DeleteBucketPolicyCommand, {}));

const statement = { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: `${arn}/*` };
const toGuest = { ...statement, Effect: "Allow", Principal: { AWS: "arn:aws:iam:::user/guest" } };
const set = (...Statement: object[]) =>
  media.send(sdk.PutBucketPolicyCommand, { Policy: JSON.stringify({ Version: "2012-10-17", Statement }) });
const outcome = ({ status, code }: { status: number; code: string | undefined }) =>
  code ? `${status} ${code}` : `${status}`;

it("a Deny to all but AWS's own services falls on whom it means", async () => {
  const elsewhere = { NotIpAddress: { "aws:SourceIp": "203.0.113.0/24" } };
  for (const key of ["aws:ViaAWSService", "aws:PrincipalIsAWSService"]) {
    await set({ ...statement, Condition: { ...elsewhere, Bool: { [key]: "false" } } });
    expect(await refusal(media.get("pub/x.txt"))).toBe(denied);
  }
});

describe("a Deny of unsigned payloads", () => {
  beforeEach(() =>
    set({
      ...statement,
      Action: "s3:PutObject",
      Condition: { StringEquals: { "s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD" } },
    }),
  );

  it("falls on presigned URLs, whatever a header says that they do not sign", async () => {
    const url = await media.sign(sdk.PutObjectCommand, { Key: "new" });
    expect(outcome(await raw("PUT", url, { body: "x" }))).toBe(denied);
    const headers = { "x-amz-content-sha256": "0".repeat(64) };
    expect(outcome(await raw("PUT", url, { body: "x", headers }))).toBe(denied);
  });

  it("falls on forms", async () => {
    const { url, fields } = await createPresignedPost(store.s3, { Bucket: "media", Key: "new" });
    expect(outcome(await sendForm(url, fields, { bytes: Buffer.from("x") }))).toBe(denied);
  });

  it("leaves signed ones", async () => {
    expect(outcome(await signedRaw("PUT", media.url("new"), { body: "x" }))).toBe("200");
    const unsigned = { body: "x", payloadHash: "UNSIGNED-PAYLOAD" };
    expect(outcome(await signedRaw("PUT", media.url("new"), unsigned))).toBe(denied);
  });
});

it.each([
  "media/priv/x.txt",
  "/media/priv/x.txt",
  "media/%70riv/x.txt",
  "media%2Fpriv%2Fx.txt",
  "/media/priv/x.txt?versionId=null",
])("a Deny by the source of a copy falls on it written as %s", async (source) => {
  await set({ ...statement, Condition: { StringLike: { "s3:x-amz-copy-source": "media/priv/*" } } });
  expect(outcome(await signedRaw("PUT", media.url("copy"), { headers: { "x-amz-copy-source": source } }))).toBe(denied);
  const other = { "x-amz-copy-source": "/media/pub/x.txt" };
  expect(outcome(await signedRaw("PUT", media.url("copy"), { headers: other }))).toBe("200");
});

describe("a condition on the version", () => {
  const versionOf = async (text: string) => (await media.put("v", text)).VersionId ?? "";

  it("is about the versions a DeleteObjects names, not about one in its URL", async () => {
    const [kept, gone] = [await versionOf("1"), await versionOf("2")];
    await set({ ...statement, Condition: { StringEquals: { "s3:VersionId": kept } } });
    const Objects = [kept, gone].map((VersionId) => ({ Key: "v", VersionId }));
    const { Deleted, Errors } = await media.send(sdk.DeleteObjectsCommand, { Delete: { Objects } });
    expect([Deleted?.map((one) => one.VersionId), Errors?.map((one) => one.VersionId)]).toEqual([[gone], [kept]]);
  });

  it("is about the version copied, not about one in the URL", async () => {
    const [open, secret] = [await versionOf("open"), await versionOf("secret")];
    const write = { ...toGuest, Action: "s3:PutObject" };
    await set(write, {
      ...toGuest,
      Action: "s3:GetObjectVersion",
      Condition: { StringEquals: { "s3:VersionId": open } },
    });
    const copy = async (versionId: string, query: string) => {
      const headers = { "x-amz-copy-source": `media/v?versionId=${versionId}` };
      return outcome(await signedRaw("PUT", media.url("part", query), { headers, signer: guest }));
    };
    const { UploadId } = await media.send(sdk.CreateMultipartUploadCommand, { Key: "part" }, asGuest);
    const part = `partNumber=1&uploadId=${UploadId}`;
    expect(await copy(open, part)).toBe("200");
    expect(await copy(secret, part)).toBe(denied);
    expect(await copy(secret, `${part}&versionId=${open}`)).toBe(denied);
  });
});

describe("a condition on the tags of a request", () => {
  const tagging = (value: string) =>
    `<Tagging><TagSet><Tag><Key>kind</Key><Value>${value}</Value></Tag></TagSet></Tagging>`;
  const onTags = { StringEquals: { "s3:RequestObjectTag/kind": "open" } };
  const put = async (value: string, headers: Record<string, string> = {}) =>
    outcome(
      await signedRaw("PUT", media.url("pub/x.txt", "tagging="), { headers, body: tagging(value), signer: guest }),
    );

  it("is about those in a document, not about a header beside it", async () => {
    await set({ ...toGuest, Action: "s3:PutObjectTagging", Condition: onTags });
    expect(await put("open")).toBe("200");
    expect(await put("secret")).toBe(denied);
    expect(await put("secret", { "x-amz-tagging": "kind=open" })).toBe(denied);
  });

  it("is not met by a header that a copy passes over", async () => {
    await media.put("tagged", "x", { Tagging: "kind=secret" });
    await set({ ...toGuest, Action: "s3:Get*" }, { ...toGuest, Action: "s3:PutObject*", Condition: onTags });
    const headers = { "x-amz-copy-source": "media/tagged", "x-amz-tagging": "kind=open" };
    const copy = (more: Record<string, string>) =>
      signedRaw("PUT", media.url("copy"), { headers: { ...headers, ...more }, signer: guest });
    expect(outcome(await copy({}))).toBe(denied);
    expect(outcome(await copy({ "x-amz-tagging-directive": "REPLACE" }))).toBe("200");
  });

  it("reads the header's bytes as they are kept", async () => {
    await set({ ...statement, Condition: { StringEquals: { "s3:RequestObjectTag/kind": "ü" } } });
    const headers = { "x-amz-tagging": Buffer.from("kind=ü").toString("latin1") };
    expect(outcome(await signedRaw("PUT", media.url("new"), { headers, body: "x" }))).toBe(denied);
  });

  it("knows their names", async () => {
    const onNames = { "ForAllValues:StringEquals": { "s3:RequestObjectTagKeys": ["kind", "site"] } };
    await set({ ...toGuest, Action: "s3:PutObject*", Condition: onNames });
    const write = (Tagging: string) =>
      refusal(media.send(sdk.PutObjectCommand, { Key: "n", Body: "x", Tagging }, asGuest));
    expect(await write("kind=a&site=b")).toBe("accepted");
    expect(await write("kind=a&secret=b")).toBe(denied);
  });
});
