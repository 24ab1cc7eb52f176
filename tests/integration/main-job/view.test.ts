import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { mintSystemViewer, type UserViewer } from "@/lib/auth/viewer";
import { collectionBySlug } from "@/lib/collection/queries";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { coverThumbs, mediaDetail, mediaPage } from "@/lib/media/queries";
import { storage } from "@/lib/storage/client";
import { presignView } from "@/lib/storage/presigned/view";
import type { OpenedUpload } from "@/lib/upload/schema";
import { testCollection } from "@/tests/support/fixtures/collections";
import { drop, type Files, post } from "@/tests/support/fixtures/uploads";
import { headerAlone, picture, truncated } from "@/tests/support/pictures";
import { testBucket, testDatabase } from "@/tests/support/services/services";
import { get, itemAt, newGallery, work } from "./gallery";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

let owner: UserViewer;
let member: UserViewer;
let slug: string;
let upload: OpenedUpload;
let files: Files;

beforeAll(async () => {
  ({ owner, member, slug, upload, files } = await newGallery());
});

describe("what a member sees", () => {
  it("thumbnails in three sizes as WebP, and the original byte for byte", async () => {
    const item = await itemAt(member, slug, "site-1/reef.jpg");
    expect(item).toMatchObject({ state: "ready", width: 900, height: 600, contentType: "image/jpeg" });
    for (const url of [item.urls.thumb, item.urls.card, item.urls.preview]) {
      const response = await get(url);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("image/webp");
      expect(response.headers.get("cache-control")).toMatch(/private, max-age=\d+/);
    }
    const original = await get(item.urls.original);
    expect(original.headers.get("content-type")).toBe("image/jpeg");
    expect(new Uint8Array(await original.arrayBuffer())).toEqual(files["site-1/reef.jpg"]);
  });

  it("the same URL on every visit of a window", async () => {
    const first = await itemAt(member, slug, "site-1/reef.jpg");
    expect((await itemAt(member, slug, "site-1/reef.jpg")).urls).toEqual(first.urls);
    expect((await itemAt(owner, slug, "site-1/reef.jpg")).urls).toEqual(first.urls);
  });

  it("403 for a URL that was altered, cut or moved to another key", async () => {
    const [reef, small] = [
      await itemAt(member, slug, "site-1/reef.jpg"),
      await itemAt(member, slug, "site-1/deep/小さい.png"),
    ];
    const url = new URL(reef.urls.original ?? "");
    const altered = (change: (copy: URL) => void) => {
      const copy = new URL(url);
      change(copy);
      return copy.href;
    };
    const signature = url.searchParams.get("X-Amz-Signature") ?? "";
    const forged = [
      altered((copy) =>
        copy.searchParams.set(
          "X-Amz-Signature",
          signature.replace(/^./, (c) => (c === "0" ? "1" : "0")),
        ),
      ),
      altered((copy) => copy.searchParams.set("X-Amz-Expires", "604800")),
      altered((copy) => copy.searchParams.set("response-content-type", "text/html")),
      altered((copy) => copy.searchParams.delete("versionId")),
      altered((copy) => copy.searchParams.delete("X-Amz-Signature")),
      altered((copy) => {
        copy.pathname = new URL(small.urls.original ?? "").pathname;
      }),
      altered((copy) => {
        copy.search = "";
      }),
    ];
    for (const attempt of forged) expect((await get(attempt)).status, attempt).toBeGreaterThanOrEqual(400);
    expect((await get(url.href)).status).toBe(200);
  });

  it("403 for an expired URL", async () => {
    const { key, versionId } = await db().revision.findFirstOrThrow({ where: { uploadId: upload.id } });
    const identity = await storage().signingIdentity();
    const object = { key, versionId, contentType: "image/jpeg" };
    const hourAgo = new Date(Date.now() - 60 * 60 * 1_000);
    expect((await get(presignView(identity, object, hourAgo))).status).toBe(403);
    expect((await get(presignView(identity, object, new Date()))).status).toBe(200);
  });

  it("files that are not pictures as downloads only, whatever their name", async () => {
    for (const [path, type] of [
      ["lies.jpg", "text/plain"],
      ["drawing.svg", "text/plain"],
      ["notes.txt", "text/plain"],
    ] as const) {
      const item = await itemAt(member, slug, path);
      expect(item, path).toMatchObject({ state: "kept", contentType: type });
      expect(item.urls.thumb).toBeUndefined();
      const response = await get(item.urls.original);
      expect(response.headers.get("content-type")).toBe("application/octet-stream");
      expect(response.headers.get("content-disposition")).toMatch(/^attachment/);
      expect(await response.text()).toBe(files[path]);
    }
  });

  it("a broken picture as rejected, with the reason, its bytes kept", async () => {
    const item = await itemAt(member, slug, "broken.jpg");
    expect(item.state).toBe("rejected");
    expect(item.rejectReason).toMatch(/\w+ \w+/);
    const response = await get(item.urls.original);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(files["broken.jpg"]);
  });

  it("a media with its neighbours", async () => {
    const collection = await collectionBySlug(member, slug);
    const { items } = await mediaPage(collection);
    const [first, second] = items;
    const detail = await mediaDetail(collection, second?.id ?? "");
    expect(detail).toMatchObject({
      previousId: first?.id,
      nextId: items[2]?.id,
      uploadedBy: "Owner",
      revisionNumber: 1,
    });
    const download = await get(detail.downloadUrl);
    expect(download.headers.get("content-disposition")).toMatch(/^attachment; filename/);
    const last = await mediaDetail(collection, items.at(-1)?.id ?? "");
    expect(last.nextId).toBeNull();
  });

  it("page after page, each media once", async () => {
    const collection = await collectionBySlug(member, slug);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await mediaPage(collection, { limit: 2, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual((await mediaPage(collection)).items.map(({ id }) => id));
    expect(new Set(seen).size).toBe(Object.keys(files).length);
  });
});

it("reads the collection once for a page of its gallery, and for a media's page", async () => {
  const query = vi.spyOn(pg.Client.prototype, "query");
  const collection = await collectionBySlug(member, slug);
  const { items } = await mediaPage(collection);
  await mediaDetail(collection, items[0]?.id ?? "");
  await coverThumbs([collection]);
  const statements = query.mock.calls.map(([statement]: unknown[]) => JSON.stringify(statement));
  query.mockRestore();
  expect(statements.filter((text) => /FROM \W+(?:public\W+)?collection\W/i.test(text))).toHaveLength(1);
  expect(statements.filter((text) => /FROM \W+media\W/i.test(text)).length).toBeGreaterThan(0);
});

describe("what stays on the server", () => {
  it("no key, version or hash is in an item outside its signed URLs", async () => {
    const revisions = await db().revision.findMany({ where: { uploadId: upload.id } });
    const collection = await collectionBySlug(owner, slug);
    const page = await mediaPage(collection);
    const detail = await mediaDetail(collection, page.items[0]?.id ?? "");
    const text = JSON.stringify([page, detail], (name, value) => (/url/i.test(name) ? undefined : value));
    expect(text).toContain("site-1/reef.jpg");
    for (const { key, versionId, etag, derivedId } of revisions) {
      for (const secret of [key, versionId, etag, derivedId]) if (secret) expect(text).not.toContain(secret);
    }
    expect(text).not.toContain(upload.prefix);
  });

  it("a thumbnail's address does not reveal the original's", async () => {
    const { urls } = await itemAt(owner, slug, "site-1/reef.jpg");
    const { pathname } = new URL(urls.thumb ?? "");
    for (const part of [upload.id, "reef", upload.prefix]) expect(pathname).not.toContain(part);
  });

  it("bytes posted again under a verified key are never shown", async () => {
    const { urls } = await itemAt(owner, slug, "site-1/reef.jpg");
    await post(upload, "site-1/reef.jpg", "evil");
    const again = await itemAt(owner, slug, "site-1/reef.jpg");
    expect(again.urls.original).toBe(urls.original);
    const bytes = new Uint8Array(await (await get(again.urls.original)).arrayBuffer());
    expect(bytes).toEqual(files["site-1/reef.jpg"]);
  });
});

describe("a newer revision", () => {
  it("becomes current when it is a sound picture, and hides none that is sound when it is damaged", async () => {
    const into = await testCollection(owner);
    const jpeg = new Uint8Array(await picture({ width: 300, height: 200 }));
    const larger = new Uint8Array(await picture({ width: 500, height: 400 }));
    const cut = new Uint8Array(truncated(Buffer.from(larger)));
    const broken = new Uint8Array(headerAlone(Buffer.from(larger)));
    await work((await drop(owner, into, { "a.jpg": jpeg, "b.jpg": jpeg, "c.jpg": jpeg, "d.jpg": cut })).id);
    const damaged = await itemAt(owner, into, "d.jpg");
    expect(damaged).toMatchObject({
      state: "ready",
      width: 500,
      warning: expect.stringMatching(/incomplete or damaged/),
    });
    expect(damaged.urls.preview).toBeDefined();
    await work((await drop(owner, into, { "a.jpg": larger, "b.jpg": cut, "c.jpg": broken, "d.jpg": jpeg })).id);
    expect(await itemAt(owner, into, "a.jpg")).toMatchObject({ state: "ready", width: 500, height: 400 });
    for (const path of ["b.jpg", "c.jpg", "d.jpg"]) {
      expect(await itemAt(owner, into, path)).toMatchObject({ state: "ready", width: 300, height: 200, warning: null });
    }
    const { sizeBytes, mediaCount } = await db().collection.findUniqueOrThrow({ where: { slug: into } });
    expect({ sizeBytes, mediaCount }).toEqual({ sizeBytes: BigInt(larger.length + 3 * jpeg.length), mediaCount: 4 });
  });
});

it("refuses system commands to people", async () => {
  const { recordDerivation } = await import("@/lib/media/commands");
  const { verifyUpload } = await import("@/lib/upload/verify/verify");
  const nothing = async () => undefined;
  await expect(recordDerivation(owner, upload.id, { state: "kept", contentType: "x" })).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
  await expect(verifyUpload(owner, upload.id, nothing)).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(verifyUpload(mintSystemViewer("worker"), upload.id, nothing)).resolves.toBeUndefined();
});
