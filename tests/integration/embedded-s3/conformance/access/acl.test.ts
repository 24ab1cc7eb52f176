import * as sdk from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guest, raw, refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";
import { signedRaw } from "../signed-request";

const store = storeForFile();
const plain = bucketIn(store, "plain");
const media = bucketIn(store, "media", { ObjectOwnership: "ObjectWriter" });
const allUsers = "http://acs.amazonaws.com/groups/global/AllUsers";
let asGuest: sdk.S3Client;

beforeAll(async () => {
  asGuest = store.client({ credentials: guest });
});
afterAll(() => asGuest.destroy());

const status = async (method: string, url: string, body?: string) =>
  (await raw(method, url, body === undefined ? {} : { body })).status;
const grants = async (Key: string) => {
  const { Grants = [] } = await media.send(sdk.GetObjectAclCommand, { Key });
  return Grants.map((one) => `${one.Grantee?.URI ?? one.Grantee?.DisplayName} ${one.Permission}`);
};

describe("the ACL of an object", () => {
  it("public-read lets the world read it, and no other object", async () => {
    await media.put("p", "pub", { ACL: "public-read" });
    await media.put("q", "priv");
    expect(await raw("GET", media.url("p"))).toMatchObject({ status: 200, text: "pub" });
    expect(await raw("GET", media.url("q"))).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(await status("PUT", media.url("p"), "x")).toBe(403);
    expect(await status("DELETE", media.url("p"))).toBe(403);
    expect(await grants("p")).toEqual(["root FULL_CONTROL", `${allUsers} READ`]);
  });

  it("private takes it back, without touching the object", async () => {
    await media.put("back", "pub", { ACL: "public-read", ContentType: "text/a" });
    await media.send(sdk.PutObjectAclCommand, { Key: "back", ACL: "private" });
    expect(await raw("GET", media.url("back"))).toMatchObject({ status: 403, code: "AccessDenied" });
    expect(await media.head("back")).toMatchObject({ ContentType: "text/a", ContentLength: 3 });
  });

  it("of an object without one gives its owner FULL_CONTROL, and no other grant", async () => {
    await media.put("own", "x");
    const { Owner, Grants } = await media.send(sdk.GetObjectAclCommand, { Key: "own" });
    expect(Owner).toMatchObject({ DisplayName: "root", ID: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(Grants).toMatchObject([{ Permission: "FULL_CONTROL", Grantee: { ID: Owner?.ID, Type: "CanonicalUser" } }]);
  });

  it("authenticated-read lets those read who sign", async () => {
    await media.put("signed", "x", { ACL: "authenticated-read" });
    expect(await status("GET", media.url("signed"))).toBe(403);
    expect(await refusal(media.send(sdk.GetObjectCommand, { Key: "signed" }, asGuest))).toBe("accepted");
  });

  it("may be sent as a document", async () => {
    await media.put("document", "x");
    const { Owner, Grants = [] } = await media.send(sdk.GetObjectAclCommand, { Key: "document" });
    const world: sdk.Grant = { Grantee: { Type: "Group", URI: allUsers }, Permission: "READ" };
    const AccessControlPolicy = { Owner, Grants: [...Grants, world] };
    await media.send(sdk.PutObjectAclCommand, { Key: "document", AccessControlPolicy });
    expect(await status("GET", media.url("document"))).toBe(200);
  });

  it.each([
    ["a word that is no ACL", { "x-amz-acl": "no-such-acl" }, 400, "InvalidArgument"],
    ["a grant to an id nobody has", { "x-amz-grant-read": 'id="x"' }, 400, "InvalidArgument"],
    ["nothing", {}, 400, "MissingSecurityHeader"],
  ])("is refused as %s", async (_, headers: Record<string, string>, code, name) => {
    await media.put("refused", "x");
    expect(await signedRaw("PUT", media.url("refused", "acl"), { headers })).toMatchObject({
      status: code,
      code: name,
    });
    expect(await grants("refused")).toEqual(["root FULL_CONTROL"]);
  });

  it("is the owner's to set and to see", async () => {
    await media.put("guarded", "x", { ACL: "public-read" });
    const set = media.send(sdk.PutObjectAclCommand, { Key: "guarded", ACL: "private" }, asGuest);
    expect(await refusal(set)).toBe("403 AccessDenied");
    expect(await refusal(media.send(sdk.GetObjectAclCommand, { Key: "guarded" }, asGuest))).toBe("403 AccessDenied");
    expect(await status("GET", media.url("guarded"))).toBe(200);
  });
});

describe("the ACL of a bucket", () => {
  const set = (ACL: sdk.BucketCannedACL) => media.send(sdk.PutBucketAclCommand, { ACL });
  const list = () => status("GET", media.url("", "list-type=2"));

  it("lets the world list, and write with public-read-write", async () => {
    await set("public-read");
    expect([await list(), await status("PUT", media.url("world"), "x")]).toEqual([200, 403]);
    await set("public-read-write");
    expect([await list(), await status("PUT", media.url("world"), "x")]).toEqual([200, 200]);
    await set("private");
    expect([await list(), await status("PUT", media.url("world"), "x")]).toEqual([403, 403]);
    const { Grants } = await media.send(sdk.GetBucketAclCommand, {});
    expect(Grants).toMatchObject([{ Permission: "FULL_CONTROL" }]);
  });

  it("does not open what is in it", async () => {
    await media.put("inside", "x");
    await set("public-read");
    expect(await status("GET", media.url("inside"))).toBe(403);
    await set("private");
  });
});

describe("ownership", () => {
  const own = async (ObjectOwnership: sdk.ObjectOwnership, bucket = media) =>
    bucket.send(sdk.PutBucketOwnershipControlsCommand, { OwnershipControls: { Rules: [{ ObjectOwnership }] } });
  const owned = async (bucket = media) =>
    (await bucket.send(sdk.GetBucketOwnershipControlsCommand, {})).OwnershipControls?.Rules;

  it("comes back as it was set", async () => {
    for (const ObjectOwnership of ["BucketOwnerPreferred", "BucketOwnerEnforced", "ObjectWriter"] as const) {
      await own(ObjectOwnership);
      expect(await owned()).toEqual([{ ObjectOwnership }]);
    }
  });

  it("is enforced in new buckets: these take no ACL but those that say nothing", async () => {
    expect(await owned(plain)).toEqual([{ ObjectOwnership: "BucketOwnerEnforced" }]);
    for (const ACL of ["private", "bucket-owner-full-control"] as const) {
      expect(await refusal(plain.put("k", "x", { ACL }))).toBe("accepted");
    }
    const outcomes = await Promise.all(
      [
        plain.put("k", "y", { ACL: "public-read" }),
        plain.send(sdk.PutObjectAclCommand, { Key: "k", ACL: "public-read" }),
        plain.send(sdk.PutBucketAclCommand, { ACL: "public-read" }),
        plain.send(sdk.CreateMultipartUploadCommand, { Key: "k", ACL: "public-read" }),
        plain.send(sdk.CopyObjectCommand, { Key: "c", CopySource: "plain/k", ACL: "public-read" }),
      ].map(refusal),
    );
    expect(new Set(outcomes)).toEqual(new Set(["400 AccessControlListNotSupported"]));
    const open = store.s3.send(new sdk.CreateBucketCommand({ Bucket: "open", ACL: "public-read" }));
    expect(await refusal(open)).toBe("400 InvalidBucketAclWithObjectOwnership");
    expect(await plain.text("k")).toBe("x");
  });

  it("when enforced takes the effect of ACLs that are there, and gives it back", async () => {
    await media.put("kept", "x", { ACL: "public-read" });
    await own("BucketOwnerEnforced");
    expect(await status("GET", media.url("kept"))).toBe(403);
    expect(await grants("kept")).toEqual(["root FULL_CONTROL"]);
    await own("ObjectWriter");
    expect(await status("GET", media.url("kept"))).toBe(200);
  });

  it("of another word is refused", async () => {
    const body = "<OwnershipControls><Rule><ObjectOwnership>Mine</ObjectOwnership></Rule></OwnershipControls>";
    const answer = await signedRaw("PUT", media.url("", "ownershipControls"), { body });
    expect(answer).toMatchObject({ status: 400, code: "MalformedXML" });
  });
});
