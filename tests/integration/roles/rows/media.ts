import { collectionBySlug } from "@/lib/collection/queries";
import * as againCommands from "@/lib/media/again/commands";
import * as mediaCommands from "@/lib/media/commands";
import * as mediaQueries from "@/lib/media/queries";
import type { MediaItem } from "@/lib/media/schema";
import { computeSortPaths } from "@/lib/media/sorting/commands";
import { all, listed, noActor, type Row, systemOnly, toSeers } from "./row";

function shown(item: (MediaItem & { downloadUrl?: unknown; latitude?: unknown }) | undefined): string {
  if (!item) return "0";
  const urls = Object.keys(item.urls).toSorted().join();
  if (urls === "card,original,preview,thumb") return "w";
  const hidden = item.downloadUrl === undefined && (item.latitude ?? null) === null;
  return urls === "thumb" && hidden ? "t" : `urls ${urls}`;
}

const pictures = { private: "..wwww.w", preview: "ttwwwwtw", public: "wwwwwwww" };
const toSeersOfOriginals = { private: "..++++.+", preview: "..++++.+", public: "++++++++" };

const variantRow = (variant: "thumb" | "preview" | "original", outcomes: typeof toSeers): Row => ({
  name: `media/queries/mediaVariantUrl, ${variant}`,
  ...outcomes,
  run: async (viewer, { mediaId }) => {
    await mediaQueries.mediaVariantUrl(viewer, { mediaId, variant, download: false });
  },
});

const spareDerivedId = "0".repeat(32);

const freshRow = (variant: "thumb" | "original", private_: string, preview: string, public_: string): Row => ({
  name: `media/queries/freshMediaUrls, ${variant}`,
  ...{ private: private_, preview, public: public_ },
  run: async (viewer, { mediaId }) => {
    const { items } = await mediaQueries.freshMediaUrls(viewer, [{ id: mediaId, variant }]);
    return listed(items[0]?.url !== null);
  },
});

export const media: Row[] = [
  freshRow("thumb", "00111101", "11111111", "11111111"),
  freshRow("original", "00111101", "00111101", "11111111"),
  {
    name: "media/queries/mediaPage",
    ...pictures,
    run: async (viewer, { slug }) =>
      shown((await mediaQueries.mediaPage(await collectionBySlug(viewer, slug))).items[0]),
  },
  {
    name: "media/queries/mediaPage, the picture in the trash",
    private: "..0000.0",
    preview: "00000000",
    public: "00000000",
    given: { mediaTrashed: true },
    run: async (viewer, { slug }) =>
      shown((await mediaQueries.mediaPage(await collectionBySlug(viewer, slug))).items[0]),
  },
  {
    name: "media/queries/mediaPage, the collection in the trash",
    ...noActor,
    given: { collectionTrashed: true },
    run: async (viewer, { slug }) => void (await mediaQueries.mediaPage(await collectionBySlug(viewer, slug))),
  },
  {
    name: "media/queries/mediaByIds",
    ...pictures,
    run: async (viewer, { slug, mediaId }) =>
      shown((await mediaQueries.mediaByIds(await collectionBySlug(viewer, slug), [mediaId]))[0]),
  },
  {
    name: "media/queries/mediaDetail",
    ...pictures,
    run: async (viewer, { slug, mediaId }) =>
      shown(await mediaQueries.mediaDetail(await collectionBySlug(viewer, slug), mediaId)),
  },
  {
    name: "media/queries/mediaDetail, in the trash",
    ...noActor,
    given: { mediaTrashed: true },
    run: async (viewer, { slug, mediaId }) =>
      void (await mediaQueries.mediaDetail(await collectionBySlug(viewer, slug), mediaId)),
  },
  variantRow("thumb", toSeers),
  variantRow("preview", toSeersOfOriginals),
  variantRow("original", toSeersOfOriginals),
  {
    name: "media/queries/coverThumbs",
    private: "..1111.1",
    preview: "11111111",
    public: "11111111",
    run: async (viewer, { slug, collectionId }) =>
      listed((await mediaQueries.coverThumbs([await collectionBySlug(viewer, slug)])).has(collectionId)),
  },
  {
    name: "media/queries/revisionToDerive",
    ...systemOnly,
    run: (viewer, { revisionId }) => mediaQueries.revisionToDerive(viewer, revisionId),
  },
  {
    name: "media/queries/revisionsToDerive",
    ...systemOnly,
    given: { pending: true },
    run: (viewer) => mediaQueries.revisionsToDerive(viewer, 10),
  },
  {
    name: "media/queries/revisionsToDeriveAgain",
    ...systemOnly,
    run: (viewer) => mediaQueries.revisionsToDeriveAgain(viewer, 10),
  },
  {
    name: "media/queries/revisionsToReadAgain",
    ...systemOnly,
    run: (viewer) => mediaQueries.revisionsToReadAgain(viewer, 10),
  },
  {
    name: "media/sorting/commands/computeSortPaths",
    ...systemOnly,
    changes: true,
    run: (viewer) => computeSortPaths(viewer),
  },
  {
    name: "media/commands/reserveDerivedId",
    ...systemOnly,
    changes: true,
    given: { pending: true },
    run: async (viewer, { revisionId }) => {
      await mediaCommands.reserveDerivedId(viewer, revisionId);
    },
  },
  {
    name: "media/queries/leftDerivatives",
    ...systemOnly,
    run: (viewer) => mediaQueries.leftDerivatives(viewer, 10),
  },
  {
    name: "media/commands/forgetDerivatives",
    ...systemOnly,
    run: (viewer, { revisionId }) => mediaCommands.forgetDerivatives(viewer, { revisionId, derivedId: "none" }),
  },
  {
    name: "media/commands/postponeDerivation",
    ...systemOnly,
    changes: true,
    given: { pending: true },
    run: async (viewer, { revisionId }) => {
      await mediaCommands.postponeDerivation(viewer, revisionId);
    },
  },
  {
    name: "media/commands/recordDerivation",
    ...systemOnly,
    changes: true,
    given: { pending: true },
    run: (viewer, { revisionId }) =>
      mediaCommands.recordDerivation(viewer, revisionId, { state: "kept", contentType: "text/plain" }),
  },
  {
    name: "media/again/commands/recordMetadata",
    ...systemOnly,
    changes: true,
    run: (viewer, { revisionId }) => againCommands.recordMetadata(viewer, revisionId, null),
  },
  {
    name: "media/again/commands/reserveSpareId",
    ...systemOnly,
    changes: true,
    run: async (viewer, { revisionId }) => {
      await againCommands.reserveSpareId(viewer, revisionId);
    },
  },
  {
    name: "media/again/commands/recordAgain",
    ...systemOnly,
    changes: true,
    run: (viewer, { revisionId }) =>
      againCommands.recordAgain(viewer, revisionId, { state: "kept", contentType: "text/plain" }),
  },
  {
    name: "media/again/commands/forgetSpareId",
    ...systemOnly,
    changes: true,
    given: { spareDerivedId },
    run: (viewer, { revisionId }) => againCommands.forgetSpareId(viewer, revisionId, spareDerivedId),
  },
  {
    name: "media/commands/updateMedia, one's own",
    ...all("...+++.+"),
    changes: true,
    given: { own: true },
    run: (viewer, { mediaId }) => mediaCommands.updateMedia(viewer, mediaId, { title: "Changed" }),
  },
  {
    name: "media/commands/updateMedia, another's",
    ...all("....++.+"),
    changes: true,
    run: (viewer, { mediaId }) => mediaCommands.updateMedia(viewer, mediaId, { title: "Changed" }),
  },
  {
    name: "media/commands/trashMedia, one's own",
    ...all("....++.+"),
    changes: true,
    given: { own: true },
    run: (viewer, { mediaId }) => mediaCommands.trashMedia(viewer, mediaId),
  },
  {
    name: "media/commands/trashMedia, another's",
    ...all("....++.+"),
    changes: true,
    run: (viewer, { mediaId }) => mediaCommands.trashMedia(viewer, mediaId),
  },
  {
    name: "media/commands/restoreMedia",
    ...all("....++.+"),
    changes: true,
    given: { mediaTrashed: true },
    run: (viewer, { mediaId }) => mediaCommands.restoreMedia(viewer, mediaId),
  },
  {
    name: "media/commands/restoreMedia, the collection in the trash",
    ...noActor,
    changes: true,
    given: { mediaTrashed: true, collectionTrashed: true },
    run: (viewer, { mediaId }) => mediaCommands.restoreMedia(viewer, mediaId),
  },
];
