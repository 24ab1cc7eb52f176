import type { Viewer } from "@/lib/auth/viewer";
import * as collectionCommands from "@/lib/collection/commands";
import * as collectionQueries from "@/lib/collection/queries";
import * as healthQueries from "@/lib/health/queries";
import * as mediaCommands from "@/lib/media/commands";
import * as mediaQueries from "@/lib/media/queries";
import type { MediaItem } from "@/lib/media/schema";
import * as memberCommands from "@/lib/member/commands";
import * as memberQueries from "@/lib/member/queries";
import * as uploadCommands from "@/lib/upload/commands";
import * as uploadQueries from "@/lib/upload/queries";
import * as uploadVerify from "@/lib/upload/verify";
import type { Given, World } from "./world";

/**
 * Who may do what, written by hand and not worked out from lib/collection/policy.ts: one letter for each of
 * anonymous, stranger, viewer, contributor, editor, owner, disabled owner, system; private, preview, public.
 *
 *   +  done                       .  NOT_FOUND            ?  UNAUTHENTICATED      x  INVALID
 *   A query may answer with a letter of its own:
 *   1  it is in the list          0  the list is there, without it
 *   w  the whole picture          t  its small thumbnail and nothing else
 */
type Row = {
  /** module/export, and after a comma what is special about this row. */
  name: string;
  private: string;
  preview: string;
  public: string;
  /** A command that is done has left a trace in the record; a query, or one refused, has left none. */
  changes?: true;
  given?: Given;
  run: (viewer: Viewer, world: World) => Promise<unknown>;
};

const all = (letters: string) => ({ private: letters, preview: letters, public: letters });
/** Of what only the worker and the command line do. */
const systemOnly = all(".......+");
const nobody = all("........");

const listed = (isListed: boolean) => (isListed ? "1" : "0");

function shown(item: (MediaItem & { downloadUrl?: unknown; latitude?: unknown }) | undefined): string {
  if (!item) return "0";
  const urls = Object.keys(item.urls).toSorted().join();
  if (urls === "card,original,preview,thumb") return "w";
  const hidden = item.downloadUrl === undefined && (item.latitude ?? null) === null;
  return urls === "thumb" && hidden ? "t" : `urls ${urls}`;
}

const pictures = { private: "..wwww.w", preview: "ttwwwwtw", public: "wwwwwwww" };
const toSeers = { private: "..++++.+", preview: "++++++++", public: "++++++++" };
const toSeersOfOriginals = { private: "..++++.+", preview: "..++++.+", public: "++++++++" };

const collections: Row[] = [
  {
    name: "collection/queries/collectionsOf",
    ...all("00111101"),
    run: async (viewer, { slug }) =>
      listed((await collectionQueries.collectionsOf(viewer)).some((c) => c.slug === slug)),
  },
  {
    name: "collection/queries/publicCollections",
    private: "00000000",
    preview: "00000000",
    public: "11111111",
    run: async (viewer, { slug }) =>
      listed((await collectionQueries.publicCollections(viewer)).some((c) => c.slug === slug)),
  },
  {
    name: "collection/queries/collectionBySlug",
    ...toSeers,
    run: (viewer, { slug }) => collectionQueries.collectionBySlug(viewer, slug),
  },
  {
    name: "collection/queries/collectionBySlug, in the trash",
    ...nobody,
    given: { collectionTrashed: true },
    run: (viewer, { slug }) => collectionQueries.collectionBySlug(viewer, slug),
  },
  {
    name: "collection/commands/createCollection",
    ...all("?+++++?x"),
    changes: true,
    run: (viewer) =>
      collectionCommands.createCollection(viewer, { name: "Reef", description: "", visibility: "private" }),
  },
  {
    name: "collection/commands/updateCollection",
    ...all(".....+.+"),
    changes: true,
    run: (viewer, { slug }) =>
      collectionCommands.updateCollection(viewer, slug, { visibility: "public", name: "Changed" }),
  },
  {
    name: "collection/commands/updateCollection, in the trash",
    ...nobody,
    changes: true,
    given: { collectionTrashed: true },
    run: (viewer, { slug }) => collectionCommands.updateCollection(viewer, slug, { name: "Changed" }),
  },
  {
    name: "collection/commands/trashCollection",
    ...all(".....+.+"),
    changes: true,
    run: (viewer, { slug }) => collectionCommands.trashCollection(viewer, slug),
  },
  {
    name: "collection/commands/restoreCollection",
    ...all(".....+.+"),
    changes: true,
    given: { collectionTrashed: true },
    run: (viewer, { slug }) => collectionCommands.restoreCollection(viewer, slug),
  },
];

const idOf = (viewer: Viewer, { bystanderId }: World) => (viewer.kind === "user" ? viewer.userId : bystanderId);

const members: Row[] = [
  {
    name: "member/queries/membersOf",
    ...all(".....+.+"),
    run: (viewer, { slug }) => memberQueries.membersOf(viewer, slug),
  },
  {
    name: "member/queries/membersOf, in the trash",
    ...nobody,
    given: { collectionTrashed: true },
    run: (viewer, { slug }) => memberQueries.membersOf(viewer, slug),
  },
  {
    name: "member/commands/setMember, a new one",
    ...all(".....+.+"),
    changes: true,
    run: (viewer, { slug, newcomerId }) =>
      memberCommands.setMember(viewer, slug, { userId: newcomerId, role: "viewer" }),
  },
  {
    name: "member/commands/setMember, another's role",
    ...all(".....+.+"),
    changes: true,
    run: (viewer, { slug, bystanderId }) =>
      memberCommands.setMember(viewer, slug, { userId: bystanderId, role: "owner" }),
  },
  {
    name: "member/commands/setMember, oneself to owner",
    ...all(".....+.+"),
    changes: true,
    run: (viewer, world) =>
      memberCommands.setMember(viewer, world.slug, { userId: idOf(viewer, world), role: "owner" }),
  },
  {
    name: "member/commands/setMember, in the trash",
    ...nobody,
    changes: true,
    given: { collectionTrashed: true },
    run: (viewer, { slug, newcomerId }) =>
      memberCommands.setMember(viewer, slug, { userId: newcomerId, role: "viewer" }),
  },
  {
    name: "member/commands/removeMember, another",
    ...all(".....+.+"),
    changes: true,
    run: (viewer, { slug, bystanderId }) => memberCommands.removeMember(viewer, slug, bystanderId),
  },
  {
    name: "member/commands/removeMember, oneself",
    ...all("..++++.+"),
    changes: true,
    run: (viewer, world) => memberCommands.removeMember(viewer, world.slug, idOf(viewer, world)),
  },
];

const inList = async (viewer: Viewer, { slug, uploadId }: World) =>
  listed((await uploadQueries.unfinishedUploads(viewer, slug)).some(({ id }) => id === uploadId));

const uploads: Row[] = [
  {
    name: "upload/commands/openUpload",
    ...all("...+++.+"),
    changes: true,
    run: (viewer, { slug }) => uploadCommands.openUpload(viewer, { collectionSlug: slug }),
  },
  {
    name: "upload/commands/openUpload, in the trash",
    ...nobody,
    changes: true,
    given: { collectionTrashed: true },
    run: (viewer, { slug }) => uploadCommands.openUpload(viewer, { collectionSlug: slug }),
  },
  {
    name: "upload/commands/renewPolicy, one's own",
    ...all("...+++.+"),
    given: { own: true },
    run: (viewer, { uploadId }) => uploadCommands.renewPolicy(viewer, uploadId),
  },
  {
    name: "upload/commands/renewPolicy, another's",
    ...systemOnly,
    run: (viewer, { uploadId }) => uploadCommands.renewPolicy(viewer, uploadId),
  },
  {
    name: "upload/commands/sealUpload, one's own",
    ...all("...+++.+"),
    changes: true,
    given: { own: true },
    run: (viewer, { uploadId }) => uploadCommands.sealUpload(viewer, uploadId),
  },
  {
    name: "upload/commands/sealUpload, another's",
    ...systemOnly,
    changes: true,
    run: (viewer, { uploadId }) => uploadCommands.sealUpload(viewer, uploadId),
  },
  {
    name: "upload/commands/abortUpload, one's own",
    ...all("...+++.+"),
    changes: true,
    given: { own: true },
    run: (viewer, { uploadId }) => uploadCommands.abortUpload(viewer, uploadId),
  },
  {
    name: "upload/commands/abortUpload, another's",
    ...all("....++.+"),
    changes: true,
    run: (viewer, { uploadId }) => uploadCommands.abortUpload(viewer, uploadId),
  },
  {
    name: "upload/commands/expireUploads",
    ...systemOnly,
    changes: true,
    given: { expired: true },
    run: (viewer) => uploadCommands.expireUploads(viewer),
  },
  {
    name: "upload/verify/verifyUpload",
    ...systemOnly,
    changes: true,
    given: { uploadState: "sealed" },
    run: (viewer, { uploadId }) => uploadVerify.verifyUpload(viewer, uploadId, async () => undefined),
  },
  {
    name: "upload/queries/uploadStatus, one's own",
    ...all("...+++.+"),
    given: { own: true },
    run: (viewer, { uploadId }) => uploadQueries.uploadStatus(viewer, uploadId),
  },
  {
    name: "upload/queries/uploadStatus, another's",
    ...all("....++.+"),
    run: (viewer, { uploadId }) => uploadQueries.uploadStatus(viewer, uploadId),
  },
  {
    name: "upload/queries/uploadStatus, in the trash",
    ...nobody,
    given: { own: true, collectionTrashed: true },
    run: (viewer, { uploadId }) => uploadQueries.uploadStatus(viewer, uploadId),
  },
  { name: "upload/queries/unfinishedUploads, one's own", ...all("00011101"), given: { own: true }, run: inList },
  { name: "upload/queries/unfinishedUploads, another's", ...all("00001101"), run: inList },
  {
    name: "upload/queries/uploadsToVerify",
    ...systemOnly,
    given: { uploadState: "sealed" },
    run: (viewer) => uploadQueries.uploadsToVerify(viewer, 10),
  },
];

const variantRow = (variant: "thumb" | "preview" | "original", outcomes: typeof toSeers): Row => ({
  name: `media/queries/mediaVariantUrl, ${variant}`,
  ...outcomes,
  run: async (viewer, { mediaId }) => {
    await mediaQueries.mediaVariantUrl(viewer, { mediaId, variant, download: false });
  },
});

const media: Row[] = [
  {
    name: "media/queries/mediaPage",
    ...pictures,
    run: async (viewer, { slug }) => shown((await mediaQueries.mediaPage(viewer, { slug })).items[0]),
  },
  {
    name: "media/queries/mediaPage, the picture in the trash",
    private: "..0000.0",
    preview: "00000000",
    public: "00000000",
    given: { mediaTrashed: true },
    run: async (viewer, { slug }) => shown((await mediaQueries.mediaPage(viewer, { slug })).items[0]),
  },
  {
    name: "media/queries/mediaPage, the collection in the trash",
    ...nobody,
    given: { collectionTrashed: true },
    run: (viewer, { slug }) => mediaQueries.mediaPage(viewer, { slug }),
  },
  {
    name: "media/queries/mediaByIds",
    ...pictures,
    run: async (viewer, { slug, mediaId }) =>
      shown((await mediaQueries.mediaByIds(viewer, { slug, ids: [mediaId] }))[0]),
  },
  {
    name: "media/queries/mediaDetail",
    ...pictures,
    run: async (viewer, { slug, mediaId }) => shown(await mediaQueries.mediaDetail(viewer, { slug, mediaId })),
  },
  {
    name: "media/queries/mediaDetail, in the trash",
    ...nobody,
    given: { mediaTrashed: true },
    run: (viewer, { slug, mediaId }) => mediaQueries.mediaDetail(viewer, { slug, mediaId }),
  },
  variantRow("thumb", toSeers),
  variantRow("preview", toSeersOfOriginals),
  variantRow("original", toSeersOfOriginals),
  {
    name: "media/queries/coverThumbs",
    private: "00111101",
    preview: "11111111",
    public: "11111111",
    run: async (viewer, { collectionId }) =>
      listed((await mediaQueries.coverThumbs(viewer, [collectionId])).has(collectionId)),
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
    name: "media/commands/recordDerivation",
    ...systemOnly,
    changes: true,
    given: { pending: true },
    run: (viewer, { revisionId }) =>
      mediaCommands.recordDerivation(viewer, revisionId, { state: "kept", contentType: "text/plain" }),
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
    ...nobody,
    changes: true,
    given: { mediaTrashed: true, collectionTrashed: true },
    run: (viewer, { mediaId }) => mediaCommands.restoreMedia(viewer, mediaId),
  },
];

const site: Row[] = [
  { name: "health/queries/health", ...all("++++++++"), run: (viewer) => healthQueries.health(viewer) },
];

export const rows: readonly Row[] = [...collections, ...members, ...uploads, ...media, ...site];
