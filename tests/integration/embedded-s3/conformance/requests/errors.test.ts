import * as sdk from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { raw, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";
import { signedRaw } from "../signed-request";

const store = storeForFile();
const media = bucketIn(store, "media");

beforeAll(() => media.put("k", "x"));

describe("an error", () => {
  it("is a document with its code, what it is about, and the id of the request", async () => {
    const answer = await signedRaw("GET", media.url("nothing <&> here"));
    expect(answer).toMatchObject({ status: 404, code: "NoSuchKey", headers: { "content-type": "application/xml" } });
    const id = answer.headers["x-amz-request-id"];
    expect(id).toMatch(/^[0-9A-F]{16}$/);
    expect(answer.text).toContain(
      "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>nothing &lt;&amp;&gt; here</Key>" +
        `<Resource>/media/nothing &lt;&amp;&gt; here</Resource><RequestId>${id}</RequestId>`,
    );
  });

  it("has an id of its own each time, and so has success", async () => {
    const ids = await Promise.all(
      [media.url("k"), media.url("k"), media.url("nothing")].map(
        async (url) => (await signedRaw("GET", url)).headers["x-amz-request-id"],
      ),
    );
    expect(new Set(ids).size).toBe(3);
  });

  it("names what is missing: the bucket before the key", async () => {
    expect(await signedRaw("GET", `${store.endpoint}/nowhere/k`)).toMatchObject({ status: 404, code: "NoSuchBucket" });
    expect(await signedRaw("PUT", `${store.endpoint}/nowhere/k`, { body: "x" })).toMatchObject({
      status: 404,
      code: "NoSuchBucket",
    });
    expect(await refusal(media.get("nothing"))).toBe("404 NoSuchKey");
  });
});

describe("what is not done", () => {
  it.each<[string, () => Promise<unknown>]>([
    ["bucket encryption", () => media.send(sdk.GetBucketEncryptionCommand, {})],
    ["object lock", () => media.send(sdk.GetObjectLockConfigurationCommand, {})],
    ["website", () => media.send(sdk.GetBucketWebsiteCommand, {})],
    ["replication", () => media.send(sdk.GetBucketReplicationCommand, {})],
    ["logging", () => media.send(sdk.GetBucketLoggingCommand, {})],
    ["torrent", () => media.send(sdk.GetObjectTorrentCommand, { Key: "k" })],
    ["legal hold", () => media.send(sdk.PutObjectLegalHoldCommand, { Key: "k", LegalHold: { Status: "ON" } })],
    ["restore", () => media.send(sdk.RestoreObjectCommand, { Key: "k", RestoreRequest: { Days: 1 } })],
  ])("%s says so", async (_, call) => {
    expect(await refusal(call())).toBe("501 NotImplemented");
  });

  it("by a method S3 does not have is a 405", async () => {
    expect(await raw("PATCH", media.url("k"))).toMatchObject({ status: 405, code: "MethodNotAllowed" });
    expect(await signedRaw("POST", media.url("k"))).toMatchObject({ status: 405, code: "MethodNotAllowed" });
  });

  it("is not taken for something else: two sub-resources at once, or one given twice, are refused", async () => {
    for (const query of ["acl=&tagging=", "tagging=&tagging="]) {
      expect(await signedRaw("GET", media.url("k", query))).toMatchObject({ status: 400, code: "InvalidArgument" });
    }
  });

  it("does not pass for the owner's account when another is expected", async () => {
    const other = { ExpectedBucketOwner: "111122223333" };
    expect(await refusal(media.get("k", other))).toBe("403 AccessDenied");
    expect(await refusal(media.get("k", { ExpectedBucketOwner: "000000000000" }))).toBe("accepted");
  });
});

describe("a document", () => {
  it.each([
    ["with a DTD", '<!DOCTYPE a [<!ENTITY b "c">]><VersioningConfiguration/>', "MalformedXML"],
    ["nested too deep", `${"<a>".repeat(17)}${"</a>".repeat(17)}`, "MalformedXML"],
    ["of another kind", "<Versions/>", "MalformedXML"],
    ["that is none", "Enabled", "MalformedXML"],
    ["that is empty", "", "MissingRequestBodyError"],
  ])("%s is refused", async (_, body, code) => {
    expect(await signedRaw("PUT", media.url("", "versioning"), { body })).toMatchObject({ status: 400, code });
    expect((await media.send(sdk.GetBucketVersioningCommand, {})).Status).toBeUndefined();
  });
});
