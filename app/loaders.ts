import "server-only";
import { cache } from "react";
import { currentViewer } from "@/lib/auth/session";
import { collectionBySlug } from "@/lib/collection/queries";
import { mediaDetail } from "@/lib/media/queries";
import { pageQuery } from "./page-query";

/** Loads the collection of the current page. Layout, metadata and page share one query per request. */
export const loadCollection = cache((slug: string) =>
  pageQuery(currentViewer().then((viewer) => collectionBySlug(viewer, slug))),
);

export const loadMedia = cache((slug: string, mediaId: string) =>
  loadCollection(slug).then((collection) => pageQuery(mediaDetail(collection, mediaId))),
);
