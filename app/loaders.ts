import "server-only";
import { cache } from "react";
import { currentViewer } from "@/lib/auth/session";
import { collectionBySlug } from "@/lib/collection/queries";
import { mediaDetail } from "@/lib/media/queries";
import { pageQuery } from "./page-query";

/** The collection of this request's page: read once, for layout, metadata and page. */
export const loadCollection = cache((slug: string) =>
  pageQuery(currentViewer().then((viewer) => collectionBySlug(viewer, slug))),
);

export const loadMedia = cache((slug: string, mediaId: string) =>
  loadCollection(slug).then((collection) => pageQuery(mediaDetail(collection, mediaId))),
);
