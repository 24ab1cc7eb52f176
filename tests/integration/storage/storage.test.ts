import { createHash, randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { applyBucket } from "@/lib/infra/apply";
import { mediaBucket } from "@/lib/infra/settings";
import { createStorage, type Storage } from "@/lib/storage/client";
import { type ListedVersion, listObjectVersions } from "@/lib/storage/objects/list";
import { listFolders } from "@/lib/storage/objects/list-folders";
import { getObject, headBucket, putObject } from "@/lib/storage/objects/objects";
import { presignView, viewSigner } from "@/lib/storage/presigned/view";
import { presign } from "@/lib/storage/sign";
import { permitFor } from "@/tests/support/fixtures/permit";
import { endpoint } from "./endpoint";

const oddNames = [
  "plain.jpg",
  "with space + plus.jpg",
  "100% %2F.jpg",
  "emoji 😀/👩‍👩‍👧.jpg",
  "quotes '\"&<>.jpg",
  "עברית/العربية.jpg",
  "a/b/c/ÀÉ.jpg",
  "A.jpg",
  "a.jpg",
];

async function allVersions(prefix: string, store: Storage): Promise<ListedVersion[][]> {
  const pages: ListedVersion[][] = [];
  for await (const page of listObjectVersions(prefix, store)) pages.push(page);
  return pages;
}

function put(store: Storage, key: string, body: string, contentType = "text/plain") {
  return putObject(permitFor(store), { key, body: Buffer.from(body), contentType, cacheControl: "private" }, store);
}

describe(`storage on ${endpoint.name}`, () => {
  let store: Storage;

  beforeAll(async () => {
    store = endpoint.storage("storage-test");
    await applyBucket(
      permitFor(store),
      store,
      mediaBucket({ bucket: store.bucket, origins: ["http://localhost:3000"], secure: false }),
    );
  });

  it.each(oddNames)("stores, lists and returns %j", async (name) => {
    const prefix = `odd-${createHash("sha256").update(name).digest("hex").slice(0, 8)}/`;
    const { versionId, etag } = await put(store, prefix + name, name);
    const [listed] = (await allVersions(prefix, store)).flat();
    expect(listed).toMatchObject({
      key: prefix + name,
      versionId,
      etag,
      sizeBytes: Buffer.byteLength(name),
      isLatest: true,
    });
    expect(etag).toBe(createHash("md5").update(name).digest("hex"));
    const object = await getObject({ key: prefix + name, versionId: versionId ?? undefined }, store);
    expect(object).toMatchObject({ sizeBytes: Buffer.byteLength(name), etag });
    expect(await text(object.body)).toBe(name);
  });

  it.each(oddNames)("a presigned URL reaches %j", async (name) => {
    await put(store, `signed/${name}`, name);
    const request = { method: "GET" as const, key: `signed/${name}`, signedAt: new Date(), expiresInSeconds: 60 };
    const response = await fetch(presign(await store.signingIdentity(), request));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(name);
  });

  it("reads a range", async () => {
    await put(store, "range", "0123456789");
    const { body, sizeBytes } = await getObject({ key: "range", range: { start: 2, end: 4 } }, store);
    expect(sizeBytes).toBe(3);
    expect(await text(body)).toBe("234");
  });

  it("keeps both versions when a key is written again, and reads the pinned one", async () => {
    const first = await put(store, "twice/a", "first");
    const second = await put(store, "twice/a", "second");
    const versions = (await allVersions("twice/", store)).flat();
    expect(versions.map(({ versionId, isLatest }) => ({ versionId, isLatest }))).toEqual([
      { versionId: second.versionId, isLatest: true },
      { versionId: first.versionId, isLatest: false },
    ]);
    const sign = await viewSigner(store);
    const pinned = await fetch(sign({ key: "twice/a", versionId: first.versionId ?? "" }));
    expect(await pinned.text()).toBe("first");
  });

  it("leaves delete markers out, and no version of a deleted key is the latest", async () => {
    await put(store, "deleted/a", "x");
    await store.client.send(new DeleteObjectCommand({ Bucket: store.bucket, Key: "deleted/a" }));
    const versions = (await allVersions("deleted/", store)).flat();
    expect(versions).toHaveLength(1);
    expect(versions[0]?.isLatest).toBe(false);
  });

  it("lists nothing under a prefix without objects", async () => {
    expect(await allVersions("nothing-here/", store)).toEqual([]);
  });

  it("lists page by page, each version once, whatever the keys", async () => {
    const names = ["a +b", "a%2Bb", "a+b", "b\u0001\u001f", "ü &<x>", "\uffee", "😀"].map((name) => `pages/${name}`);
    for (const name of [...names, ...names]) await put(store, name, "x");
    await store.client.send(new DeleteObjectCommand({ Bucket: store.bucket, Key: "pages/a+b" }));
    for (const pageSize of [1, 2, 3, 1000]) {
      const pages: ListedVersion[][] = [];
      for await (const page of listObjectVersions("pages/", store, pageSize)) pages.push(page);
      for (const page of pages) expect(page.length).toBeLessThanOrEqual(pageSize);
      expect(pages.flat().map(({ key }) => key)).toEqual(names.flatMap((name) => [name, name]));
      expect(new Set(pages.flat().map(({ versionId }) => versionId)).size).toBe(2 * names.length);
    }
  });

  it("lists folders page by page, each once, however many versions they hold, from any of them on", async () => {
    const folders = ["a b/", "a+b/", "b%/", "b/", "ü/", "😀/"].map((name) => `tree/${name}`);
    const keys = ["a", "b0", "stray.jpg"].map((name) => `tree/${name}`);
    for (const folder of folders) for (const name of ["1", "1", "deep/2", "~"]) await put(store, folder + name, "x");
    for (const key of [...keys, ...keys]) await put(store, key, "x");
    // A folder with nothing but old versions is one, too; a key that was deleted is passed by.
    await store.client.send(new DeleteObjectCommand({ Bucket: store.bucket, Key: "tree/b/1" }));
    await store.client.send(new DeleteObjectCommand({ Bucket: store.bucket, Key: "tree/never" }));
    const list = async (after: string, pageSize: number) => {
      const found: string[] = [];
      for await (const page of listFolders("tree/", after, store, pageSize))
        found.push(...page.folders, ...page.versions.map(({ key }) => key));
      return found.sort();
    };
    const all = [...folders, ...keys, ...keys].sort();
    for (const pageSize of [1, 2, 3, 1000]) {
      expect(await list("", pageSize)).toEqual(all);
      expect(await list("tree/a+b/", pageSize)).toEqual(all.filter((name) => name > "tree/a+b/"));
      expect(await list("tree/b0", pageSize)).toEqual(all.filter((name) => name > "tree/b0"));
    }
    expect(await list("tree/\u{10fffd}", 1000)).toEqual([]);
  });

  it("throws NOT_FOUND for a missing object, INTERNAL for a missing bucket", async () => {
    await expect(getObject({ key: "missing" }, store)).rejects.toMatchObject({ code: "NOT_FOUND" });
    const nowhere = endpoint.storage("never-made");
    for (const failing of [() => headBucket(nowhere), () => getObject({ key: "missing" }, nowhere)])
      await expect(failing()).rejects.toMatchObject({ code: "INTERNAL" });
    await expect(headBucket(store)).resolves.toBeUndefined();
  });

  it("throws INTERNAL, not NOT_FOUND, for rejected credentials", async () => {
    const { config } = store;
    const stranger = createStorage({
      ...config,
      credentials: { accessKeyId: "nobody", secretAccessKey: randomBytes(20).toString("hex") },
    });
    await expect(getObject({ key: "range" }, stranger)).rejects.toMatchObject({ code: "INTERNAL" });
    stranger.close();
  });

  describe("view URLs", () => {
    const key = "view/innocent.jpg";
    beforeAll(async () => {
      await put(store, key, "<script>alert(1)</script>", "text/html");
    });

    it("serve the pinned type, whatever the uploader stored", async () => {
      const sign = await viewSigner(store);
      const inline = await fetch(sign({ key, contentType: "image/jpeg" }));
      expect(inline.headers.get("content-type")).toBe("image/jpeg");
      expect(inline.headers.get("content-disposition")).toBe("inline");
      expect(inline.headers.get("cache-control")).toBe("private, max-age=2700, immutable");
      const other = await fetch(sign({ key, contentType: "image/svg+xml" }));
      expect(other.headers.get("content-type")).toBe("application/octet-stream");
      expect(other.headers.get("content-disposition")).toBe("attachment");
    });

    it("carry a download's file name", async () => {
      const sign = await viewSigner(store);
      const response = await fetch(sign({ key, contentType: "image/jpeg", downloadAs: 'site-3/Ünï "x".jpg' }));
      expect(response.headers.get("content-disposition")).toBe(
        "attachment; filename=\"_n_ _x_.jpg\"; filename*=UTF-8''%C3%9Cn%C3%AF%20%22x%22.jpg",
      );
    });

    it("are refused when forged, altered or expired, and without a signature", async () => {
      const identity = await store.signingIdentity();
      const url = presignView(identity, { key, contentType: "image/jpeg" }, new Date());
      expect((await fetch(url)).status).toBe(200);
      const forged = { ...identity, secretAccessKey: "wrong" };
      expect((await fetch(presignView(forged, { key }, new Date()))).status).toBe(403);
      expect((await fetch(url.replace("image%2Fjpeg", "text%2Fhtml"))).status).toBe(403);
      expect((await fetch(url.replace("X-Amz-Expires=2700", "X-Amz-Expires=604800"))).status).toBe(403);
      expect((await fetch(url.replace("innocent", "other"))).status).toBe(403);
      expect((await fetch(presignView(identity, { key }, new Date(Date.now() - 3_600_000)))).status).toBe(403);
      expect((await fetch(url.split("?")[0] ?? "")).status).toBe(403);
    });
  });
});

describe("storage that cannot be reached", () => {
  it.each(["http://127.0.0.1:9", "http://no-such-host.invalid"])(
    "%s throws UNAVAILABLE with a message",
    async (endpoint) => {
      const credentials = { accessKeyId: "a", secretAccessKey: "b" };
      const config = { endpoint, region: "us-east-1", bucket: "none", forcePathStyle: true, credentials };
      const store = createStorage(config);
      const failing = [() => headBucket(store), () => getObject({ key: "a" }, store), () => allVersions("a/", store)];
      for (const call of failing) {
        await expect(call()).rejects.toMatchObject({
          code: "UNAVAILABLE",
          message: expect.stringContaining("cannot reach its storage"),
          retryAfterSeconds: 5,
        });
      }
      store.close();
    },
  );
});
