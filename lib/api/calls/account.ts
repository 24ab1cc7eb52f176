import { sessionItem, sessionListInput } from "@/lib/session/schema";
import { createdToken, createTokenInput, tokenItem, tokenListInput } from "@/lib/token/schema";
import { defineCall } from "../call";
import { pageOf } from "./page-of";

const mine = { who: "session", scopes: [] } as const;

export const listTokens = defineCall({
  ...mine,
  id: "listTokens",
  method: "GET",
  path: "/tokens",
  section: "Tokens",
  summary: "List your tokens",
  description: "The newest first, without their texts. Expired ones stay for 90 days.",
  query: tokenListInput,
  status: 200,
  answer: pageOf(tokenItem),
});

export const createToken = defineCall({
  ...mine,
  id: "createToken",
  method: "POST",
  path: "/tokens",
  section: "Tokens",
  summary: "Create a token",
  description: "Its text is answered once. An answer repeated for the same Idempotency-Key is without it.",
  body: createTokenInput,
  status: 201,
  answer: createdToken,
  takesKey: true,
  cost: 50,
});

export const revokeToken = defineCall({
  ...mine,
  id: "revokeToken",
  method: "DELETE",
  path: "/tokens/{id}",
  section: "Tokens",
  summary: "Revoke a token",
  description: "Its next request is refused.",
  status: 204,
});

export const listSessions = defineCall({
  ...mine,
  id: "listSessions",
  method: "GET",
  path: "/account/sessions",
  section: "Account",
  summary: "List the browsers you are signed in with",
  query: sessionListInput,
  status: 200,
  answer: pageOf(sessionItem),
});

export const endSession = defineCall({
  ...mine,
  id: "endSession",
  method: "DELETE",
  path: "/account/sessions/{id}",
  section: "Account",
  summary: "Sign a browser out",
  status: 204,
});
