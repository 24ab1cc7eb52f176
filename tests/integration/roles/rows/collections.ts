import * as collectionCommands from "@/lib/collection/commands";
import * as collectionQueries from "@/lib/collection/queries";
import { all, listed, noActor, type Row, toSeers } from "./row";

export const collections: Row[] = [
  {
    name: "collection/queries/collectionsOf",
    ...all("00111101"),
    run: async (viewer, { slug }) =>
      listed((await collectionQueries.collectionsOf(viewer)).some((c) => c.slug === slug)),
  },
  {
    name: "collection/queries/collectionPage",
    ...all("?01111??"),
    run: async (viewer, { slug }) =>
      listed((await collectionQueries.collectionPage(viewer, { limit: 100 })).items.some((c) => c.slug === slug)),
  },
  {
    name: "collection/queries/collectionsOfMedia",
    private: "00111101",
    preview: "11111111",
    public: "11111111",
    run: async (viewer, { slug, mediaId }) =>
      listed((await collectionQueries.collectionsOfMedia(viewer, [mediaId])).some((c) => c.slug === slug)),
  },
  {
    name: "collection/queries/collectionById",
    ...toSeers,
    run: (viewer, { collectionId }) => collectionQueries.collectionById(viewer, collectionId),
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
    ...noActor,
    given: { collectionTrashed: true },
    run: (viewer, { slug }) => collectionQueries.collectionBySlug(viewer, slug),
  },
  {
    name: "collection/queries/collectionOfMedia",
    ...toSeers,
    run: (viewer, { mediaId }) => collectionQueries.collectionOfMedia(viewer, mediaId),
  },
  {
    name: "collection/queries/collectionOfMedia, the picture in the trash",
    ...noActor,
    given: { mediaTrashed: true },
    run: (viewer, { mediaId }) => collectionQueries.collectionOfMedia(viewer, mediaId),
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
    ...noActor,
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
