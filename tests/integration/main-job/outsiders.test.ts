import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { mintAnonymousViewer, type UserViewer, type Viewer } from "@/lib/auth/viewer";
import { updateCollection } from "@/lib/collection/commands";
import { collectionBySlug } from "@/lib/collection/queries";
import { db } from "@/lib/db";
import { toAppError } from "@/lib/errors";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { wallClock } from "@/lib/media/policy";
import { coverThumbs, mediaByIds, mediaDetail, mediaPage, mediaVariantUrl } from "@/lib/media/queries";
import type { MediaOutline, WholeMedia } from "@/lib/media/rows";
import { variants } from "@/lib/media/schema";
import { derivedKey } from "@/lib/storage/keys";
import { testUser } from "@/tests/support/fixtures/collections";
import { type Sentinel, sentinelSearch, sizeSentinel, timeTexts } from "@/tests/support/sentinels";
import { testBucket, testDatabase } from "@/tests/support/services/services";
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
    expect(item).toMatchObject({ width: 200, height: 133 });
    expect(item).toMatchObject({ warning: null, displayNote: null });
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
    // Covers are as small.
    const covers = (await coverThumbs([collection])).get(collection.id) ?? [];
    expect(covers.map((url) => new URL(url).pathname.split("/").at(-1))).toEqual(["200.webp", "200.webp"]);
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

/** By the camera's clock it is the next day. */
const taken = new Date("2019-07-03T23:05:06.789Z");
const takenOffsetMinutes = 345;
const sentinels: Sentinel[] = [
  { name: "path", texts: ["site-1/deep/", "小さい.png", "site-1/reef"] },
  { name: "title", texts: ["Ein Geheimnis im Titel"] },
  { name: "time", texts: [...timeTexts(taken), ...timeTexts(wallClock(taken, takenOffsetMinutes))] },
  { name: "offset", texts: [`"takenOffsetMinutes":${takenOffsetMinutes}`] },
  sizeSentinel("size", 98_765_432_109),
  sizeSentinel("size of the collection", 8_765_432_109_876),
  { name: "position", texts: ["12.34567891", "-68.98765432"] },
  { name: "type", texts: ["image/tiff"] },
  { name: "reason", texts: ["Ein geheimer Grund"] },
  { name: "warning", texts: ["Eine geheime Warnung"] },
  { name: "note", texts: ["Ein geheimer Hinweis"] },
  { name: "person", texts: ["Geheime Urheberin"] },
];

/** Makes each fact about the pictures of a collection one of the sentinels. */
async function plantSentinels(inSlug: string, by: UserViewer): Promise<void> {
  const inCollection = { collection: { slug: inSlug } };
  const position = { latitude: 12.345_678_91, longitude: -68.987_654_32 };
  await db().media.updateMany({
    where: inCollection,
    data: {
      title: "Ein Geheimnis im Titel",
      takenAt: taken,
      takenKnown: true,
      takenOffsetMinutes,
      createdAt: taken,
      ...position,
    },
  });
  await db().revision.updateMany({
    where: { media: inCollection },
    data: { sizeBytes: 98_765_432_109n, contentType: "image/tiff" },
  });
  await db().revision.updateMany({
    where: { media: inCollection, state: "rejected" },
    data: { rejectReason: "Ein geheimer Grund" },
  });
  await db().revision.updateMany({
    where: { media: inCollection, state: "ready" },
    data: { warning: "Eine geheime Warnung", displayNote: "Ein geheimer Hinweis" },
  });
  await db().collection.update({ where: { slug: inSlug }, data: { sizeBytes: 8_765_432_109_876n } });
  await db().user.update({ where: { id: by.userId }, data: { name: "Geheime Urheberin" } });
}

/** Asks every query about a collection and its media. Returns the answers, and what the storage answers to their URLs, as one text. */
async function allAnswers(viewer: Viewer): Promise<Buffer> {
  const collection = await collectionBySlug(viewer, slug);
  const ids = (await db().media.findMany({ where: { collection: { slug } } })).map(({ id }) => id);
  const answers: unknown[] = [collection, [...(await coverThumbs([collection])).values()]];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await mediaPage(collection, { limit: 2, cursor });
    answers.push(page);
    cursor = page.nextCursor;
  }
  answers.push(await mediaByIds(collection, ids));
  for (const mediaId of ids) {
    answers.push(await mediaDetail(collection, mediaId));
    for (const variant of variants)
      for (const download of [false, true])
        answers.push(await mediaVariantUrl(viewer, { mediaId, variant, download }).catch(toAppError));
  }
  const text = JSON.stringify(answers);
  const urls = new Set(text.match(/https?:[^"\\]+/g));
  const fetched = await Promise.all(
    [...urls].map(async (url) => {
      const response = await fetch(url);
      const headers = JSON.stringify([...response.headers].filter(([name]) => name !== "date"));
      return Buffer.concat([Buffer.from(headers), Buffer.from(await response.arrayBuffer())]);
    }),
  );
  return Buffer.concat([Buffer.from(text), ...fetched]);
}

it("no query tells outsiders of a preview collection a path, title, time, size, position or person, and each tells a member", async () => {
  await plantSentinels(slug, owner);
  const search = sentinelSearch(sentinels);
  await updateCollection(owner, slug, { visibility: "preview" });
  for (const viewer of [anonymous, stranger]) {
    expect(search(await allAnswers(viewer))).toEqual([]);
    const { items } = await mediaPage(await collectionBySlug(viewer, slug));
    expect(new Set(items.map(({ takenAt }) => takenAt))).toEqual(new Set(["2019-07-04T00:00:00.000Z"]));
  }
  expect(search(await allAnswers(member))).toEqual(sentinels.map(({ name }) => name));
});

it("what outsiders are told of a media has no place for the rest of it", () => {
  expectTypeOf<MediaOutline["objects"]>().toEqualTypeOf<{ thumb?: WholeMedia["objects"]["original"] }>();
  const known = ["id", "originals", "state", "width", "height", "takenOn", "objects"] as const;
  expectTypeOf<keyof MediaOutline>().toEqualTypeOf<(typeof known)[number]>();
});
