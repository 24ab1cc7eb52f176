import {
  freshUrls,
  mediaDetail,
  mediaListInput,
  mediaPage,
  openMediaInput,
  updateMediaInput,
  urlsInput,
  variants,
} from "@/lib/media/schema";
import { defineCall } from "../call";

const section = "Media";

export const listMedia = defineCall({
  id: "listMedia",
  method: "GET",
  path: "/collections/{slug}/media",
  section,
  summary: "List a collection's media",
  description:
    "The newest first. The URLs in `urls` are signed, and good for at least 30 minutes. Outsiders of a preview collection get thumbnails only.",
  who: "anyone",
  scopes: ["read", "manage"],
  query: mediaListInput,
  status: 200,
  answer: mediaPage,
});

export const getMedia = defineCall({
  id: "getMedia",
  method: "GET",
  path: "/media/{id}",
  section,
  summary: "Get a media",
  who: "anyone",
  scopes: ["read", "manage"],
  status: 200,
  answer: mediaDetail,
});

export const updateMedia = defineCall({
  id: "updateMedia",
  method: "PATCH",
  path: "/media/{id}",
  section,
  summary: "Change a media's title",
  who: "user",
  scopes: ["manage"],
  body: updateMediaInput,
  status: 200,
  answer: mediaDetail,
  takesIfMatch: true,
});

export const trashMedia = defineCall({
  id: "trashMedia",
  method: "DELETE",
  path: "/media/{id}",
  section,
  summary: "Move a media to the trash",
  description: "Its bytes stay as they are. Idempotent.",
  who: "user",
  scopes: ["manage"],
  status: 204,
  takesIfMatch: true,
});

export const restoreMedia = defineCall({
  id: "restoreMedia",
  method: "POST",
  path: "/media/{id}/restore",
  section,
  summary: "Restore a media from the trash",
  description: "Idempotent.",
  who: "user",
  scopes: ["manage"],
  status: 204,
});

export const openMedia = defineCall({
  id: "openMedia",
  method: "GET",
  path: "/media/{id}/{variant}",
  section,
  summary: "Get the bytes of a media",
  description: `Redirects to a signed URL of the storage. The variant is ${variants.join(", ")}; a download has the file's name.`,
  who: "anyone",
  scopes: ["read", "manage"],
  query: openMediaInput,
  status: 302,
});

export const refreshUrls = defineCall({
  id: "refreshUrls",
  method: "POST",
  path: "/urls",
  section,
  summary: "Get fresh signed URLs",
  description:
    "For pages and programs that keep media for longer than their URLs live. `url` is null for what is not there, or not for you.",
  who: "anyone",
  isSafe: true,
  scopes: ["read", "manage"],
  body: urlsInput,
  status: 200,
  answer: freshUrls,
});
