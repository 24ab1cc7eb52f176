import * as sdk from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guest, raw, refusal, sendForm } from "../harness";
import { allow, credentials, outcome } from "./query";
import { roleArn, roleStore } from "./roles";

const used = roleStore();
const Bucket = "media";
const denied = "403 AccessDenied";
/** What an upload's credentials are like: objects below one prefix, to write and to read. */
const Policy = allow([["s3:PutObject", "s3:GetObject"], `arn:aws:s3:::${Bucket}/team1/*`]);

beforeAll(async () => {
  await used.store.s3.send(new sdk.CreateBucketCommand({ Bucket }));
  await used.store.s3.send(new sdk.PutObjectCommand({ Bucket, Key: "team2/x", Body: "secret" }));
});

const assumed = { Action: "AssumeRole", RoleArn: roleArn("all"), RoleSessionName: "ann", Policy };
const federated = { Action: "GetFederationToken", Name: "bob", Policy };

describe.each([
  ["of an assumed role", assumed],
  ["of a federated user", federated],
])("a session %s with a policy", (_, parameters) => {
  let client: sdk.S3Client;
  beforeAll(async () => {
    client = used.store.client({ credentials: await credentials(used.store.endpoint, parameters) });
  });
  afterAll(() => client.destroy());
  const put = (Key: string) => refusal(client.send(new sdk.PutObjectCommand({ Bucket, Key, Body: "mine" })));
  const get = (Key: string) => refusal(client.send(new sdk.GetObjectCommand({ Bucket, Key })));

  it("does what the policy allows", async () => {
    expect([await put("team1/ok"), await get("team1/ok")]).toEqual(["accepted", "accepted"]);
  });

  it("does nothing else: no other prefix, no listing, no deleting, no other bucket", async () => {
    expect([await put("team2/bad"), await get("team2/x"), await put("team10/bad")]).toEqual([denied, denied, denied]);
    const list = client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix: "team1/" }));
    const remove = client.send(new sdk.DeleteObjectCommand({ Bucket, Key: "team1/ok" }));
    const make = client.send(new sdk.CreateBucketCommand({ Bucket: "another" }));
    expect([await refusal(list), await refusal(remove), await refusal(make)]).toEqual([denied, denied, denied]);
    const left = await used.store.s3.send(new sdk.ListObjectsV2Command({ Bucket }));
    expect(left.Contents?.map((one) => one.Key)).toEqual(["team1/ok", "team2/x"]);
  });

  it("copies nothing in that it may not read, and nothing out to where it may not write", async () => {
    const copy = (source: string, Key: string) =>
      refusal(client.send(new sdk.CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${source}` })));
    expect(await copy("team2/x", "team1/stolen")).toBe(denied);
    expect(await copy("team1/ok", "team2/planted")).toBe(denied);
  });

  it("presigns no more than it may do", async () => {
    const signed = async (Key: string) =>
      raw("GET", await getSignedUrl(client, new sdk.GetObjectCommand({ Bucket, Key }), { expiresIn: 60 }));
    expect(await signed("team1/ok")).toMatchObject({ status: 200, text: "mine" });
    expect(outcome(await signed("team2/x"))).toBe(denied);
    const posted = async (Key: string) => {
      const { url, fields } = await createPresignedPost(client, { Bucket, Key });
      return outcome(await sendForm(url, fields, { bytes: Buffer.from("mine") }));
    };
    expect([await posted("team1/ok"), await posted("team2/form")]).toEqual(["204", denied]);
  });
});

describe("a session's policy", () => {
  it("gives nothing that its role or user may not do", async () => {
    const everything = allow(["s3:*", "*"]);
    const named = { ...assumed, RoleArn: roleArn("named-only"), RoleSessionName: "ok-1" };
    for (const [parameters, as] of [
      [{ ...federated, Policy: everything }, { as: guest }],
      [{ ...named, Policy: everything }, { as: guest }],
    ] as const) {
      const client = used.store.client({ credentials: await credentials(used.store.endpoint, parameters, as) });
      expect(await refusal(client.send(new sdk.GetObjectCommand({ Bucket, Key: "team2/x" })))).toBe(denied);
      client.destroy();
    }
  });
});

describe("a session without a policy", () => {
  const buckets = async (parameters: Record<string, string>) => {
    const client = used.store.client({ credentials: await credentials(used.store.endpoint, parameters) });
    try {
      const { Buckets } = await client.send(new sdk.ListBucketsCommand({}));
      return Buckets?.map((one) => one.Name);
    } finally {
      client.destroy();
    }
  };

  it("of a user does what the user may", async () => {
    expect(await buckets({ Action: "GetSessionToken", DurationSeconds: "900" })).toEqual([Bucket]);
  });

  it("of a federated user may do nothing", async () => {
    const { Policy: _, ...bare } = federated;
    await expect(buckets(bare)).rejects.toMatchObject({ name: "AccessDenied" });
  });
});
