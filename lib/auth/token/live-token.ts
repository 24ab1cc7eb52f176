import "server-only";
import { spend } from "@/lib/budget/commands";
import { networkOf } from "@/lib/budget/policy";
import { db } from "@/lib/db";
import { AppError } from "@/lib/errors";
import { mintAnonymousViewer, mintTokenViewer, type Origin, type UserViewer } from "../viewer";
import { scopes } from "./policy";
import { findToken } from "./rows";
import { hashOfToken, isTokenText } from "./text";

/**
 * The scheme's name in any case (RFC 9110, 11.1), then the token (RFC 6750, 2.1); or the token alone, as SDKs of AWS send it when it is
 * given to them so (AWS_CONTAINER_AUTHORIZATION_TOKEN).
 */
const bearer = /^(?:bearer +)?(\S+)$/i;

/**
 * Returns the user of an `Authorization: Bearer` header, cut to what the token is for. A text that is no token costs no query; one that
 * is not valid costs a query and is spent from the budget of its network, whatever is wrong with it. Throws UNAUTHENTICATED, RATE_LIMITED.
 */
export async function viewerOfToken(authorization: string, origin: Origin): Promise<UserViewer> {
  const [, text = ""] = bearer.exec(authorization.trim()) ?? [];
  if (!isTokenText(text)) {
    const message = "This is not an API token of Atoll. Send Authorization: Bearer atoll_…, and copy the token whole.";
    throw new AppError("UNAUTHENTICATED", message);
  }
  const token = await findToken(db(), hashOfToken(text));
  if (!token) {
    await spend(mintAnonymousViewer(origin), [{ budget: "wrongTokensFromNetwork", of: networkOf(origin.ipAddress) }]);
    const message =
      "This API token is not valid: it was revoked, it has expired, or its account is disabled. Create another one.";
    throw new AppError("UNAUTHENTICATED", message);
  }
  const { userId, userName, email, id, name, collectionId } = token;
  const granted = scopes.filter((scope) => token.scopes.includes(scope));
  return mintTokenViewer({ id: userId, name: userName, email }, { id, name, scopes: granted, collectionId }, origin);
}
