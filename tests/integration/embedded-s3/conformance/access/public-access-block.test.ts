import * as sdk from "@aws-sdk/client-s3";
import { beforeEach, describe, expect, it } from "vitest";
import { guest, raw, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";
import { signedRaw } from "../signed-request";

const store = storeForFile();
const media = bucketIn(store, "media", { ObjectOwnership: "ObjectWriter" });
const off = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};
const block = (change: Partial<sdk.PublicAccessBlockConfiguration>) =>
  media.send(sdk.PutPublicAccessBlockCommand, { PublicAccessBlockConfiguration: change });
const everyone = {
  Effect: "Allow",
  Principal: "*" as unknown,
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::media/*",
};
const policy = (statement: object) =>
  media.send(sdk.PutBucketPolicyCommand, { Policy: JSON.stringify({ Statement: [statement] }) });
const logDelivery = "http://acs.amazonaws.com/groups/s3/LogDelivery";
const anonymous = async (key = "k") => (await raw("GET", media.url(key))).status;

beforeEach(async () => {
  await media.send(sdk.DeletePublicAccessBlockCommand, {});
  await media.send(sdk.DeleteBucketPolicyCommand, {});
  await media.put("k", "x");
});

describe("the public access block", () => {
  it("comes back as it was set, until it is deleted", async () => {
    const get = () => media.send(sdk.GetPublicAccessBlockCommand, {});
    expect(await refusal(get())).toBe("404 NoSuchPublicAccessBlockConfiguration");
    for (const name of Object.keys(off)) {
      await block({ [name]: true });
      expect((await get()).PublicAccessBlockConfiguration).toEqual({ ...off, [name]: true });
    }
    await media.send(sdk.DeletePublicAccessBlockCommand, {});
    expect(await refusal(get())).toBe("404 NoSuchPublicAccessBlockConfiguration");
  });

  it("that is neither true nor false is refused", async () => {
    const body =
      "<PublicAccessBlockConfiguration><BlockPublicAcls>perhaps</BlockPublicAcls></PublicAccessBlockConfiguration>";
    const answer = await signedRaw("PUT", media.url("", "publicAccessBlock"), { body });
    expect(answer).toMatchObject({ status: 400, code: "MalformedXML" });
  });

  it("BlockPublicAcls refuses public ACLs of objects and of the bucket, and leaves those that are there", async () => {
    await media.put("before", "x", { ACL: "public-read" });
    await block({ BlockPublicAcls: true });
    const outcomes = await Promise.all(
      [
        media.put("k", "y", { ACL: "public-read" }),
        media.put("k", "y", { ACL: "authenticated-read" }),
        media.send(sdk.PutObjectAclCommand, { Key: "k", ACL: "public-read" }),
        media.send(sdk.PutBucketAclCommand, { ACL: "public-read" }),
      ].map(refusal),
    );
    expect(new Set(outcomes)).toEqual(new Set(["403 AccessDenied"]));
    expect(await media.text("k")).toBe("x");
    expect(await refusal(media.put("k", "y", { ACL: "private" }))).toBe("accepted");
    expect([await anonymous("before"), await anonymous("k")]).toEqual([200, 403]);
  });

  it("IgnorePublicAcls takes public ACLs and their effect away", async () => {
    await block({ IgnorePublicAcls: true });
    await media.put("k", "x", { ACL: "public-read" });
    expect(await anonymous()).toBe(403);
    await media.send(sdk.DeletePublicAccessBlockCommand, {});
    expect(await anonymous()).toBe(200);
  });

  it("BlockPublicPolicy refuses public policies, and leaves the one that is there", async () => {
    await policy(everyone);
    await block({ BlockPublicPolicy: true });
    expect(await anonymous()).toBe(200);
    expect(await refusal(policy(everyone))).toBe("403 AccessDenied");
    const byReferer = { ...everyone, Condition: { StringLike: { "aws:Referer": "https://ok.test/*" } } };
    expect(await refusal(policy(byReferer))).toBe("403 AccessDenied");
    expect(await refusal(policy({ ...everyone, Effect: "Deny" }))).toBe("accepted");
  });

  it("RestrictPublicBuckets takes the effect of a public policy from those without a name", async () => {
    await policy(everyone);
    expect(await anonymous()).toBe(200);
    await block({ RestrictPublicBuckets: true });
    expect(await anonymous()).toBe(403);
    const asGuest = store.client({ credentials: guest });
    expect(await refusal(media.send(sdk.GetObjectCommand, { Key: "k" }, asGuest))).toBe("accepted");
    asGuest.destroy();
  });
});

describe("the status of a policy", () => {
  it("says whether it is public", async () => {
    const status = async () => (await media.send(sdk.GetBucketPolicyStatusCommand, {})).PolicyStatus?.IsPublic;
    expect(await refusal(status())).toBe("404 NoSuchBucketPolicy");
    await policy(everyone);
    expect(await status()).toBe(true);
    await policy({ ...everyone, Principal: { AWS: "arn:aws:iam::000000000000:user/guest" } });
    expect(await status()).toBe(false);
  });

  it("is public without a policy when an ACL is that has an effect, and beside one that is not", async () => {
    const status = async () => (await media.send(sdk.GetBucketPolicyStatusCommand, {})).PolicyStatus?.IsPublic;
    await media.send(sdk.PutBucketAclCommand, { ACL: "authenticated-read" });
    expect(await status()).toBe(true);
    await policy({ ...everyone, Effect: "Deny" });
    expect(await status()).toBe(true);
    await media.send(sdk.DeleteBucketPolicyCommand, {});
    await block({ IgnorePublicAcls: true });
    expect(await refusal(status())).toBe("404 NoSuchBucketPolicy");
    await block({});
    await media.send(sdk.PutBucketAclCommand, { GrantWrite: `uri="${logDelivery}"` }); // a group, but not everyone
    expect(await refusal(status())).toBe("404 NoSuchBucketPolicy");
  });
});
