import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mintAnonymousViewer, type UserViewer, type Viewer } from "@/lib/auth/viewer";
import { updateCollection } from "@/lib/collection/commands";
import { collectionBySlug } from "@/lib/collection/queries";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { coverThumbs, mediaByIds, mediaDetail, mediaPage, mediaVariantUrl } from "@/lib/media/queries";
import { derivedKey } from "@/lib/storage/keys";
import { testUser } from "@/tests/support/collections";
import { testBucket, testDatabase } from "@/tests/support/services";
import { get, itemAt, newGallery } from "./gallery";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

const anonymous = mintAnonymousViewer();
let owner: UserViewer;
let member: UserViewer;
let stranger: UserViewer;
let slug: string;

beforeAll(async () => {
  stranger = await testUser("Stranger");
  ({ owner, member, slug } = await newGallery());
});

describe("what outsiders see", () => {
  const asks: [string, (viewer: Viewer, mediaId: string) => Promise<unknown>][] = [
    ["the gallery", async (viewer) => mediaPage(await collectionBySlug(viewer, slug))],
    ["a media", async (viewer, mediaId) => mediaDetail(await collectionBySlug(viewer, slug), mediaId)],
    ["some media", async (viewer, mediaId) => mediaByIds(await collectionBySlug(viewer, slug), [mediaId])],
    ["a thumbnail", (viewer, mediaId) => mediaVariantUrl(viewer, { mediaId, variant: "thumb", download: false })],
    ["an original", (viewer, mediaId) => mediaVariantUrl(viewer, { mediaId, variant: "original", download: false })],
  ];

  it.each(asks)("private: NOT_FOUND for %s", async (_, ask) => {
    const { id } = await itemAt(owner, slug, "site-1/reef.jpg");
    for (const viewer of [anonymous, stranger])
      await expect(ask(viewer, id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(ask(member, id)).resolves.toBeDefined();
  });

  it("private: a cover for members", async () => {
    const collection = await collectionBySlug(member, slug);
    expect((await coverThumbs([collection])).get(collection.id)).toHaveLength(2);
  });

  it("preview: the small thumbnail, and neither original, position nor larger sizes", async () => {
    await updateCollection(owner, slug, { visibility: "preview" });
    const { id } = await itemAt(owner, slug, "site-1/reef.jpg");
    const [item] = await mediaByIds(await collectionBySlug(anonymous, slug), [id]);
    const { urls = {} } = item ?? {};
    expect(Object.keys(urls)).toEqual(["thumb"]);
    // Nor what reveals as much: names, the exact time, sizes.
    expect(item).toMatchObject({ path: "", title: null, sizeBytes: null, contentType: null, rejectReason: null });
    expect(item?.takenAt).toMatch(/T00:00:00.000Z$/);
    const collection = await collectionBySlug(stranger, slug);
    expect(JSON.stringify(await mediaPage(collection))).not.toContain("reef.jpg");
    expect((await get(urls.thumb)).status).toBe(200);
    const detail = await mediaDetail(collection, id);
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
    expect(Object.keys((await itemAt(member, slug, "site-1/reef.jpg")).urls)).toContain("original");
  });

  it("public: everything", async () => {
    await updateCollection(owner, slug, { visibility: "public" });
    const { urls } = await itemAt(anonymous, slug, "site-1/reef.jpg");
    expect((await get(urls.original)).status).toBe(200);
    await updateCollection(owner, slug, { visibility: "private" });
    await expect(collectionBySlug(anonymous, slug)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
