import * as sdk from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { raw, refusal } from "../../harness";
import { bucketIn, storeForFile, type TestBucket } from "../fixture";
import { signedRaw } from "../signed-request";

const store = storeForFile();
const media = bucketIn(store, "media");
const set = (bucket: TestBucket, Status: sdk.BucketVersioningStatus) =>
  bucket.send(sdk.PutBucketVersioningCommand, { VersioningConfiguration: { Status } });
const remove = (bucket: TestBucket, Key: string, VersionId?: string) =>
  bucket.send(sdk.DeleteObjectCommand, { Key, VersionId });
const put = async (Key: string, Body: string) => (await media.put(Key, Body)).VersionId ?? "";
const list = async (bucket: TestBucket, Prefix: string, input: Partial<sdk.ListObjectVersionsCommandInput> = {}) => {
  const page = await bucket.send(sdk.ListObjectVersionsCommand, { Prefix, ...input });
  const of = (entries: { VersionId?: string | undefined; IsLatest?: boolean | undefined }[] = []) =>
    entries.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]);
  return { page, versions: of(page.Versions), markers: of(page.DeleteMarkers) };
};

beforeAll(() => set(media, "Enabled"));

describe("the setting", () => {
  const plain = bucketIn(store, "plain");

  it("is nothing at first, then what was set", async () => {
    const status = async () => (await plain.send(sdk.GetBucketVersioningCommand, {})).Status;
    expect(await status()).toBeUndefined();
    await set(plain, "Enabled");
    expect(await status()).toBe("Enabled");
    await set(plain, "Suspended");
    expect(await status()).toBe("Suspended");
  });

  it.each([
    ["of another word", "<Status>Off</Status>", 400, "IllegalVersioningConfigurationException"],
    ["with MFA delete", "<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>", 501, "NotImplemented"],
  ])("%s is refused", async (_, inner, status, code) => {
    const body = `<VersioningConfiguration>${inner}</VersioningConfiguration>`;
    expect(await signedRaw("PUT", plain.url("", "versioning"), { body })).toMatchObject({ status, code });
  });
});

describe("versions", () => {
  it("are all kept, the newest first, each read by its id", async () => {
    const [first, second] = [await put("k", "one"), await put("k", "two")];
    expect(new Set([first, second, "", "null"]).size).toBe(4);
    expect(await media.text("k")).toBe("two");
    expect(await media.text("k", { VersionId: first })).toBe("one");
    expect(await media.head("k")).toMatchObject({ VersionId: second });
    expect(await media.head("k", { VersionId: first })).toMatchObject({ VersionId: first, ContentLength: 3 });
    const { versions, markers } = await list(media, "k");
    expect({ versions, markers }).toEqual({
      versions: [
        [second, true],
        [first, false],
      ],
      markers: [],
    });
  });

  it("are deleted permanently by id, and the previous one becomes current", async () => {
    const [first, second] = [await put("gone", "one"), await put("gone", "two")];
    expect(await remove(media, "gone", second)).toMatchObject({ VersionId: second });
    expect(await media.text("gone")).toBe("one");
    expect(await refusal(media.get("gone", { VersionId: second }))).toBe("404 NoSuchVersion");
    expect(await refusal(remove(media, "gone", second))).toBe("accepted");
    await remove(media, "gone", first);
    expect(await refusal(media.get("gone"))).toBe("404 NoSuchKey");
    expect((await list(media, "gone")).versions).toEqual([]);
  });

  it("that are old can be copied to the front", async () => {
    const first = await put("restored", "one");
    const second = await put("restored", "two");
    const CopySource = `media/restored?versionId=${first}`;
    const answer = await media.send(sdk.CopyObjectCommand, { Key: "restored", CopySource });
    expect(answer.CopySourceVersionId).toBe(first);
    expect([first, second, undefined]).not.toContain(answer.VersionId);
    expect(await media.text("restored")).toBe("one");
    expect((await list(media, "restored")).versions).toHaveLength(3);
  });

  it("have tags of their own", async () => {
    const [first, second] = [await put("tagged", "one"), await put("tagged", "two")];
    const Tagging = { TagSet: [{ Key: "a", Value: "1" }] };
    await media.send(sdk.PutObjectTaggingCommand, { Key: "tagged", VersionId: first, Tagging });
    const tags = async (VersionId?: string) =>
      (await media.send(sdk.GetObjectTaggingCommand, { Key: "tagged", VersionId })).TagSet;
    expect([await tags(first), await tags(second), await tags()]).toEqual([Tagging.TagSet, [], []]);
    expect(await media.text("tagged", { VersionId: first })).toBe("one");
  });

  it("with an id that cannot be one are a 400, with one never given out a 404", async () => {
    await put("ids", "x");
    expect(await refusal(media.get("ids", { VersionId: "nonsense" }))).toBe("400 InvalidArgument");
    expect(await refusal(media.get("ids", { VersionId: "0".repeat(32) }))).toBe("404 NoSuchVersion");
    expect(await refusal(media.get("ids", { VersionId: "null" }))).toBe("404 NoSuchVersion");
  });
});

describe("a delete marker", () => {
  it("hides the object, says so, and is listed as the latest", async () => {
    const version = await put("hidden", "x");
    const marker = await remove(media, "hidden");
    expect(marker).toMatchObject({ DeleteMarker: true, VersionId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    for (const method of ["GET", "HEAD"]) {
      expect(await signedRaw(method, media.url("hidden"))).toMatchObject({
        status: 404,
        code: method === "GET" ? "NoSuchKey" : undefined,
        headers: { "x-amz-delete-marker": "true", "x-amz-version-id": marker.VersionId },
      });
    }
    expect(await media.keys("hidden")).toEqual([]);
    expect(await media.text("hidden", { VersionId: version })).toBe("x");
    const { versions, markers } = await list(media, "hidden");
    expect({ versions, markers }).toEqual({ versions: [[version, false]], markers: [[marker.VersionId, true]] });
  });

  it("asked for by its id is a 405 that allows deleting alone", async () => {
    await put("asked", "x");
    const { VersionId } = await remove(media, "asked");
    const url = await media.sign(sdk.GetObjectCommand, { Key: "asked", VersionId });
    expect(await raw("GET", url)).toMatchObject({
      status: 405,
      code: "MethodNotAllowed",
      headers: { allow: "DELETE", "x-amz-delete-marker": "true" },
    });
  });

  it("that is deleted brings the object back", async () => {
    await put("back", "x");
    const { VersionId } = await remove(media, "back");
    expect(await remove(media, "back", VersionId)).toMatchObject({ DeleteMarker: true, VersionId });
    expect(await media.text("back")).toBe("x");
    expect((await list(media, "back")).markers).toEqual([]);
  });

  it("is made even of nothing, and below a new version", async () => {
    const { VersionId } = await remove(media, "never");
    expect((await list(media, "never")).markers).toEqual([[VersionId, true]]);
    const version = await put("never", "now");
    expect(await media.text("never")).toBe("now");
    const { versions, markers } = await list(media, "never");
    expect({ versions, markers }).toEqual({ versions: [[version, true]], markers: [[VersionId, false]] });
  });

  it("cannot be copied", async () => {
    await put("marked", "x");
    const { VersionId } = await remove(media, "marked");
    const copy = (CopySource: string) => refusal(media.send(sdk.CopyObjectCommand, { Key: "copy", CopySource }));
    expect(await copy("media/marked")).toBe("404 NoSuchKey");
    expect(await copy(`media/marked?versionId=${VersionId}`)).toBe("400 InvalidRequest");
  });
});

describe("suspended versioning", () => {
  const suspended = bucketIn(store, "suspended");

  it("keeps what there is and writes one version that is called null", async () => {
    await suspended.put("k", "before versioning");
    await set(suspended, "Enabled");
    const { VersionId: kept } = await suspended.put("k", "kept");
    await set(suspended, "Suspended");
    expect(await suspended.put("k", "one")).toMatchObject({ VersionId: "null" });
    expect(await suspended.put("k", "two")).toMatchObject({ VersionId: "null" });
    const { versions } = await list(suspended, "k");
    expect(versions).toEqual([
      ["null", true],
      [kept, false],
    ]);
    expect(await suspended.text("k", { VersionId: "null" })).toBe("two");
    expect(await suspended.text("k", { VersionId: kept })).toBe("kept");
  });

  it("deletes by a marker called null that takes the null version's place", async () => {
    expect(await remove(suspended, "k")).toMatchObject({ DeleteMarker: true, VersionId: "null" });
    const { versions, markers } = await list(suspended, "k");
    expect(versions).toEqual([[expect.any(String), false]]);
    expect(markers).toEqual([["null", true]]);
  });
});

describe("the list of versions", () => {
  it("continues its pages within a key", async () => {
    const ids = [
      await put("page/a", "1"),
      await put("page/a", "2"),
      await put("page/b", "1"),
      await put("page/c", "1"),
    ];
    const [a1, a2, b, c] = ids;
    const found: unknown[] = [];
    let markers: Partial<sdk.ListObjectVersionsCommandInput> = {};
    for (let pages = 1; ; pages++) {
      const { page, versions } = await list(media, "page/", { MaxKeys: 1, ...markers });
      found.push(...versions.map(([id]) => id));
      markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      if (!page.IsTruncated || pages > ids.length) break;
    }
    expect(found).toEqual([a2, a1, b, c]);
    expect((await list(media, "page/", { KeyMarker: "page/a" })).versions).toEqual([
      [b, true],
      [c, true],
    ]);
  });

  it("folds keys at a delimiter", async () => {
    for (const key of ["fold/a/1", "fold/a/2", "fold/b"]) await put(key, "x");
    const { page, versions } = await list(media, "fold/", { Delimiter: "/" });
    expect(page.CommonPrefixes).toEqual([{ Prefix: "fold/a/" }]);
    expect(versions).toHaveLength(1);
  });

  it("wants no version marker without a key marker", async () => {
    expect(await refusal(list(media, "", { VersionIdMarker: "0".repeat(32) }))).toBe("400 InvalidArgument");
  });
});
