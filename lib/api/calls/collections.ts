import { collectionCard, createCollectionInput, updateCollectionInput } from "@/lib/collection/schema";
import { memberItem, setRoleInput } from "@/lib/member/schema";
import { pageInput } from "@/lib/sealed/schema";
import { defineCall } from "../call";
import { pageOf } from "./page-of";

const section = "Collections";

export const listCollections = defineCall({
  id: "listCollections",
  method: "GET",
  path: "/collections",
  section,
  summary: "List your collections",
  description: "Those you are a member of, the newest first. A bound token lists the one it is bound to.",
  who: "user",
  scopes: ["read", "manage"],
  query: pageInput,
  status: 200,
  answer: pageOf(collectionCard),
});

export const createCollection = defineCall({
  id: "createCollection",
  method: "POST",
  path: "/collections",
  section,
  summary: "Create a collection",
  description: "You become its owner. Where the slug is taken, the collection gets one with a suffix.",
  who: "user",
  scopes: ["manage"],
  body: createCollectionInput,
  status: 201,
  answer: collectionCard,
  takesKey: true,
  cost: 50,
});

export const getCollection = defineCall({
  id: "getCollection",
  method: "GET",
  path: "/collections/{slug}",
  section,
  summary: "Get a collection",
  description: "Outsiders see the outline of a preview collection: no size, no dates.",
  who: "anyone",
  scopes: ["read", "manage"],
  status: 200,
  answer: collectionCard,
});

export const updateCollection = defineCall({
  id: "updateCollection",
  method: "PATCH",
  path: "/collections/{slug}",
  section,
  summary: "Change a collection",
  description: "The slug stays, so that links keep working.",
  who: "user",
  scopes: ["manage"],
  body: updateCollectionInput,
  status: 200,
  answer: collectionCard,
  takesIfMatch: true,
});

export const trashCollection = defineCall({
  id: "trashCollection",
  method: "DELETE",
  path: "/collections/{slug}",
  section,
  summary: "Move a collection to the trash",
  description: "With everything in it, unchanged.",
  who: "user",
  scopes: ["manage"],
  status: 204,
  takesIfMatch: true,
});

export const listMembers = defineCall({
  id: "listMembers",
  method: "GET",
  path: "/collections/{slug}/members",
  section,
  summary: "List a collection's members",
  description: "For owners. By user id.",
  who: "user",
  scopes: ["manage"],
  query: pageInput,
  status: 200,
  answer: pageOf(memberItem),
});

export const setMember = defineCall({
  id: "setMember",
  method: "PUT",
  path: "/collections/{slug}/members/{userId}",
  section,
  summary: "Add a member, or change a member's role",
  who: "user",
  scopes: ["manage"],
  body: setRoleInput,
  status: 204,
});

export const removeMember = defineCall({
  id: "removeMember",
  method: "DELETE",
  path: "/collections/{slug}/members/{userId}",
  section,
  summary: "Remove a member",
  description: "Owners remove any member, and members themselves. One owner stays.",
  who: "user",
  scopes: ["manage"],
  status: 204,
});
