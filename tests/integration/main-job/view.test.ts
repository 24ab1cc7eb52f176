import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { mintAnonymousViewer, mintSystemViewer, type UserViewer, type Viewer } from "@/lib/auth/viewer";
import { updateCollection } from "@/lib/collection/commands";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue";
import { startWorker } from "@/lib/jobs/worker";
import { coverThumbs, mediaByIds, mediaDetail, mediaPage, mediaVariantUrl } from "@/lib/media/queries";
import type { MediaItem } from "@/lib/media/schema";
import { storage } from "@/lib/storage/client";
import { derivedKey } from "@/lib/storage/keys";
import { presignView } from "@/lib/storage/view";
import { openUpload, sealUpload } from "@/lib/upload/commands";
import type { OpenedUpload } from "@/lib/upload/schema";
import { postFile, testCollection, testMember, testUser } from "@/tests/support/collections";
import { picture, truncated } from "@/tests/support/pictures";
import { testBucket, testDatabase } from "@/tests/support/services";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

type Files = Record<string, Uint8Array<ArrayBuffer> | string>;
const anonymous = mintAnonymousViewer();
let owner: UserViewer;
let member: UserViewer;
let stranger: UserViewer;
let slug: string;
let upload: OpenedUpload;
let files: Files;

async function drop(into: string, dropped: Files): Promise<OpenedUpload> {
  const opened = await openUpload(owner, { collectionSlug: into });
  for (const [path, bytes] of Object.entries(dropped)) {
    expect((await postFile(opened.policy, opened.prefix + path, bytes)).status).toBeLessThan(300);
  }
  await sealUpload(owner, opened.id);
  return opened;
}

/** Runs the real worker until nothing of the upload waits any more. */
async function work(...uploadIds: string[]): Promise<void> {
  const worker = await startWorker();
  try {
    await vi.waitFor(
      async () => {
        const open = await db().upload.count({ where: { id: { in: uploadIds }, state: { not: "verified" } } });
        const pending = await db().revision.count({ where: { uploadId: { in: uploadIds }, state: "pending" } });
        expect({ open, pending }).toEqual({ open: 0, pending: 0 });
      },
      { timeout: 60_000, interval: 50 },
    );
  } finally {
    await worker.stop();
  }
}

async function itemAt(viewer: Viewer, path: string, into = slug): Promise<MediaItem> {
  const item = (await mediaPage(viewer, { slug: into })).items.find((candidate) => candidate.path === path);
  if (!item) throw new Error(`${path} is not in the gallery`);
  return item;
}

async function get(url: string | undefined): Promise<Response> {
  if (!url) throw new Error("there is no such URL");
  return fetch(url);
}

beforeAll(async () => {
  owner = await testUser("Owner");
  stranger = await testUser("Stranger");
  slug = await testCollection(owner);
  member = await testMember(slug, "viewer");
  const jpeg = await picture({ width: 900, height: 600 });
  files = {
    "site-1/reef.jpg": new Uint8Array(jpeg),
    "site-1/deep/小さい.png": new Uint8Array(await picture({ width: 60, height: 40, format: "png" })),
    "lies.jpg": "<!doctype html><script>alert(1)</script>",
    "drawing.svg": "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "broken.jpg": new Uint8Array(truncated(jpeg)),
    "notes.txt": "eleven fish",
  };
  upload = await drop(slug, files);
  await work(upload.id);
}, 120_000);

describe("what a member sees", () => {
  it("thumbnails in three sizes as WebP, and the original byte for byte", async () => {
    const item = await itemAt(member, "site-1/reef.jpg");
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
    const first = await itemAt(member, "site-1/reef.jpg");
    expect((await itemAt(member, "site-1/reef.jpg")).urls).toEqual(first.urls);
    expect((await itemAt(owner, "site-1/reef.jpg")).urls).toEqual(first.urls);
  });

  it("403 for a URL that was altered, cut or moved to another key", async () => {
    const [reef, small] = [await itemAt(member, "site-1/reef.jpg"), await itemAt(member, "site-1/deep/小さい.png")];
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

  it("403 for a URL whose time is over", async () => {
    const { key, versionId } = await db().revision.findFirstOrThrow({ where: { uploadId: upload.id } });
    const identity = await storage().signingIdentity();
    const object = { key, versionId, contentType: "image/jpeg" };
    const hourAgo = new Date(Date.now() - 60 * 60 * 1_000);
    expect((await get(presignView(identity, object, hourAgo))).status).toBe(403);
    expect((await get(presignView(identity, object, new Date()))).status).toBe(200);
  });

  it("files that are no pictures as downloads only, whatever their name says", async () => {
    for (const [path, type] of [
      ["lies.jpg", "text/plain"],
      ["drawing.svg", "text/plain"],
      ["notes.txt", "text/plain"],
    ] as const) {
      const item = await itemAt(member, path);
      expect(item, path).toMatchObject({ state: "kept", contentType: type });
      expect(item.urls.thumb).toBeUndefined();
      const response = await get(item.urls.original);
      expect(response.headers.get("content-type")).toBe("application/octet-stream");
      expect(response.headers.get("content-disposition")).toMatch(/^attachment/);
      expect(await response.text()).toBe(files[path]);
    }
  });

  it("a bad picture as rejected, with the reason, its bytes still there", async () => {
    const item = await itemAt(member, "broken.jpg");
    expect(item.state).toBe("rejected");
    expect(item.rejectReason).toMatch(/\w+ \w+/);
    const response = await get(item.urls.original);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(files["broken.jpg"]);
  });

  it("a media with what surrounds it", async () => {
    const { items } = await mediaPage(member, { slug });
    const [first, second] = items;
    const detail = await mediaDetail(member, { slug, mediaId: second?.id ?? "" });
    expect(detail).toMatchObject({
      previousId: first?.id,
      nextId: items[2]?.id,
      uploadedBy: "Owner",
      revisionNumber: 1,
    });
    const download = await get(detail.downloadUrl);
    expect(download.headers.get("content-disposition")).toMatch(/^attachment; filename/);
    const last = await mediaDetail(member, { slug, mediaId: items.at(-1)?.id ?? "" });
    expect(last.nextId).toBeNull();
  });

  it("page after page, each media once", async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await mediaPage(member, { slug, limit: 2, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual((await mediaPage(member, { slug })).items.map(({ id }) => id));
    expect(new Set(seen).size).toBe(Object.keys(files).length);
  });
});

describe("what stays on the server", () => {
  it("no key, version or hash is in an item outside its signed URLs", async () => {
    const revisions = await db().revision.findMany({ where: { uploadId: upload.id } });
    const page = await mediaPage(owner, { slug });
    const detail = await mediaDetail(owner, { slug, mediaId: page.items[0]?.id ?? "" });
    const text = JSON.stringify([page, detail], (name, value) => (/url/i.test(name) ? undefined : value));
    expect(text).toContain("site-1/reef.jpg");
    for (const { key, versionId, etag, derivedId } of revisions) {
      for (const secret of [key, versionId, etag, derivedId]) if (secret) expect(text).not.toContain(secret);
    }
    expect(text).not.toContain(upload.prefix);
  });

  it("a thumbnail's address says nothing of the original's", async () => {
    const { urls } = await itemAt(owner, "site-1/reef.jpg");
    const { pathname } = new URL(urls.thumb ?? "");
    for (const part of [upload.id, "reef", upload.prefix]) expect(pathname).not.toContain(part);
  });

  it("bytes posted again under a verified key are never shown", async () => {
    const { urls } = await itemAt(owner, "site-1/reef.jpg");
    expect((await postFile(upload.policy, `${upload.prefix}site-1/reef.jpg`, "evil")).status).toBeLessThan(300);
    const again = await itemAt(owner, "site-1/reef.jpg");
    expect(again.urls.original).toBe(urls.original);
    const bytes = new Uint8Array(await (await get(again.urls.original)).arrayBuffer());
    expect(bytes).toEqual(files["site-1/reef.jpg"]);
  });
});

describe("what outsiders see", () => {
  const asks: [string, (viewer: Viewer, mediaId: string) => Promise<unknown>][] = [
    ["the gallery", (viewer) => mediaPage(viewer, { slug })],
    ["a media", (viewer, mediaId) => mediaDetail(viewer, { slug, mediaId })],
    ["some media", (viewer, mediaId) => mediaByIds(viewer, { slug, ids: [mediaId] })],
    ["a thumbnail", (viewer, mediaId) => mediaVariantUrl(viewer, { mediaId, variant: "thumb", download: false })],
    ["an original", (viewer, mediaId) => mediaVariantUrl(viewer, { mediaId, variant: "original", download: false })],
  ];

  it.each(asks)("private: NOT_FOUND for %s", async (_, ask) => {
    const { id } = await itemAt(owner, "site-1/reef.jpg");
    for (const viewer of [anonymous, stranger])
      await expect(ask(viewer, id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(ask(member, id)).resolves.toBeDefined();
  });

  it("private: no cover either", async () => {
    const { id } = await db().collection.findUniqueOrThrow({ where: { slug } });
    expect((await coverThumbs(stranger, [id])).size).toBe(0);
    expect((await coverThumbs(member, [id])).get(id)).toHaveLength(2);
  });

  it("preview: the small thumbnail, and neither original, position nor larger sizes", async () => {
    await updateCollection(owner, slug, { visibility: "preview" });
    const { id } = await itemAt(owner, "site-1/reef.jpg");
    const [item] = await mediaByIds(anonymous, { slug, ids: [id] });
    const { urls = {} } = item ?? {};
    expect(Object.keys(urls)).toEqual(["thumb"]);
    // Nor what tells as much: names, the exact time, sizes.
    expect(item).toMatchObject({ path: "", title: null, sizeBytes: null, contentType: null, rejectReason: null });
    expect(item?.takenAt).toMatch(/T00:00:00.000Z$/);
    expect(JSON.stringify(await mediaPage(stranger, { slug }))).not.toContain("reef.jpg");
    expect((await get(urls.thumb)).status).toBe(200);
    const detail = await mediaDetail(stranger, { slug, mediaId: id });
    expect(detail).toMatchObject({ latitude: null, longitude: null, uploadedBy: null });
    expect(detail.downloadUrl).toBeUndefined();
    for (const variant of ["preview", "original"] as const) {
      const ask = mediaVariantUrl(stranger, { mediaId: id, variant, download: false });
      await expect(ask).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    // A thumbnail's signature opens no other size.
    const { derivedId } = await db().revision.findFirstOrThrow({ where: { media: { id } } });
    const larger = (urls.thumb ?? "").replace(derivedKey(derivedId ?? "", 200), derivedKey(derivedId ?? "", 1600));
    expect(larger).not.toBe(urls.thumb);
    expect((await get(larger)).status).toBe(403);
    expect(Object.keys((await itemAt(member, "site-1/reef.jpg")).urls)).toContain("original");
  });

  it("public: everything", async () => {
    await updateCollection(owner, slug, { visibility: "public" });
    const { urls } = await itemAt(anonymous, "site-1/reef.jpg");
    expect((await get(urls.original)).status).toBe(200);
    await updateCollection(owner, slug, { visibility: "private" });
    await expect(mediaPage(anonymous, { slug })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("a newer revision", () => {
  it("takes over when it is a good picture, and never when it is broken", async () => {
    const into = await testCollection(owner);
    const jpeg = new Uint8Array(await picture({ width: 300, height: 200 }));
    const larger = new Uint8Array(await picture({ width: 500, height: 400 }));
    await work((await drop(into, { "a.jpg": jpeg, "b.jpg": jpeg })).id);
    const second = await drop(into, { "a.jpg": larger, "b.jpg": new Uint8Array(truncated(Buffer.from(larger))) });
    await work(second.id);
    expect(await itemAt(owner, "a.jpg", into)).toMatchObject({ state: "ready", width: 500, height: 400 });
    expect(await itemAt(owner, "b.jpg", into)).toMatchObject({ state: "ready", width: 300, height: 200 });
    const { sizeBytes, mediaCount } = await db().collection.findUniqueOrThrow({ where: { slug: into } });
    expect({ sizeBytes, mediaCount }).toEqual({ sizeBytes: BigInt(larger.length + jpeg.length), mediaCount: 2 });
  }, 60_000);
});

it("keeps system commands from everybody else", async () => {
  const { recordDerivation } = await import("@/lib/media/commands");
  const { verifyUpload } = await import("@/lib/upload/verify");
  const nothing = async () => undefined;
  await expect(recordDerivation(owner, upload.id, { state: "kept", contentType: "x" })).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
  await expect(verifyUpload(owner, upload.id, nothing)).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(verifyUpload(mintSystemViewer("worker"), upload.id, nothing)).resolves.toBeUndefined();
});
