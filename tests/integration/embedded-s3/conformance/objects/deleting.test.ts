import { createHash } from "node:crypto";
import * as sdk from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { refusal } from "../../harness";
import { bucketIn, storeForFile } from "../fixture";
import { signedRaw } from "../signed-request";

const store = storeForFile();
const media = bucketIn(store, "media");
const versioned = bucketIn(store, "versioned");
const md5 = (text: string) => createHash("md5").update(text).digest("base64");

describe("DeleteObject", () => {
  it("removes an object, and succeeds where there is none", async () => {
    await media.put("k", "x");
    for (let i = 0; i < 2; i++) {
      const answer = await signedRaw("DELETE", media.url("k"));
      expect(answer).toMatchObject({ status: 204, text: "" });
      expect(answer.headers["x-amz-delete-marker"]).toBeUndefined();
    }
    expect(await refusal(media.get("k"))).toBe("404 NoSuchKey");
  });
});

describe("If-Match", () => {
  it("holds for a version, too", async () => {
    await versioned.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status: "Enabled" } });
    const { VersionId = "", ETag = "" } = await versioned.put("matched", "x");
    const remove = (etag: string) =>
      signedRaw("DELETE", versioned.url("matched", `versionId=${VersionId}`), { headers: { "if-match": etag } });
    expect(await remove('"0"')).toMatchObject({ status: 412, code: "PreconditionFailed" });
    expect(await versioned.text("matched", { VersionId })).toBe("x");
    const Objects = [{ Key: "matched", VersionId, ETag: '"0"' }];
    const { Errors } = await versioned.send(sdk.DeleteObjectsCommand, { Delete: { Objects } });
    expect(Errors).toMatchObject([{ Code: "PreconditionFailed" }]);
    expect((await remove(ETag)).status).toBe(204);
  });
});

describe("DeleteObjects", () => {
  const remove = (Objects: sdk.ObjectIdentifier[], Quiet?: boolean, bucket = media) =>
    bucket.send(sdk.DeleteObjectsCommand, { Delete: { Objects, Quiet } });

  it("removes the keys it names and no other, and reports each in order, also missing ones", async () => {
    for (const key of ["a", "b", "c", "<&>"]) await media.put(key, "x");
    const named = ["b", "nothing", "<&>", "a"].map((Key) => ({ Key }));
    expect(await remove(named)).toMatchObject({ Deleted: named });
    expect(await media.keys()).toEqual(["c"]);
  });

  it("when quiet reports errors only", async () => {
    await media.put("quiet", "x");
    const answer = await remove([{ Key: "quiet" }, { Key: "x".repeat(1025) }], true);
    expect(answer.Deleted).toBeUndefined();
    expect(answer.Errors).toMatchObject([{ Code: "KeyTooLongError" }]);
    expect(await refusal(media.get("quiet"))).toBe("404 NoSuchKey");
  });

  it("makes delete markers, and removes versions by id", async () => {
    await versioned.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status: "Enabled" } });
    const { VersionId } = await versioned.put("k", "x");
    const { Deleted } = await remove([{ Key: "k" }], undefined, versioned);
    expect(Deleted).toMatchObject([{ Key: "k", DeleteMarker: true, DeleteMarkerVersionId: expect.any(String) }]);
    const marker = Deleted?.[0]?.DeleteMarkerVersionId;
    const both = [
      { Key: "k", VersionId: marker },
      { Key: "k", VersionId },
    ];
    expect((await remove(both, undefined, versioned)).Deleted).toMatchObject([
      { Key: "k", VersionId: marker, DeleteMarker: true, DeleteMarkerVersionId: marker },
      { Key: "k", VersionId },
    ]);
    const left = await versioned.send(sdk.ListObjectVersionsCommand, {});
    expect([left.Versions, left.DeleteMarkers]).toEqual([undefined, undefined]);
  });

  it("removes only what has the ETag it names", async () => {
    const { ETag } = await media.put("etag", "x");
    const other = await remove([{ Key: "etag", ETag: '"0123456789abcdef0123456789abcdef"' }]);
    expect(other.Errors).toMatchObject([{ Key: "etag", Code: "PreconditionFailed" }]);
    expect(await media.text("etag")).toBe("x");
    expect((await remove([{ Key: "etag", ETag }])).Deleted).toMatchObject([{ Key: "etag" }]);
  });

  const one = "<Delete><Object><Key>kept</Key></Object></Delete>";
  it.each([
    ["without a checksum of the list", one, {}, "InvalidRequest"],
    ["with another checksum of the list", one, { "content-md5": md5("other") }, "BadDigest"],
    ["with an empty list", "<Delete/>", { "content-md5": md5("<Delete/>") }, "MalformedXML"],
    [
      "with a key that is missing",
      "<Delete><Object/></Delete>",
      { "content-md5": md5("<Delete><Object/></Delete>") },
      "MalformedXML",
    ],
    ["with a list that ends early", one.slice(0, -9), { "content-md5": md5(one.slice(0, -9)) }, "MalformedXML"],
    ["with another document", "<Remove/>", { "content-md5": md5("<Remove/>") }, "MalformedXML"],
  ])("%s is refused", async (_, body, headers: Record<string, string>, code) => {
    await media.put("kept", "x");
    expect(await signedRaw("POST", media.url("", "delete"), { headers, body })).toMatchObject({ status: 400, code });
    expect(await media.text("kept")).toBe("x");
  });
});
