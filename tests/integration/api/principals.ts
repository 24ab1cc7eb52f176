import type { World } from "../roles/world";

/** Who asks: sessions of each role of a private collection, and tokens of its owner. In the order of the table's columns. */
export const principals = [
  "anonymous",
  "stranger",
  "viewer",
  "contributor",
  "editor",
  "owner",
  "token read",
  "token upload",
  "token manage",
  "bound here",
  "bound elsewhere",
  "revoked",
  "expired",
  "disabled user's",
] as const;
export type Principal = (typeof principals)[number];

/**
 * What each principal gets, written by hand and not worked out from the contract: uploads are the asking person's own, tokens and sessions
 * another person's.
 *
 *   +  done        ?  401 UNAUTHENTICATED        s  403, the token lacks a scope, is bound, or needs a session
 *   .  404 NOT_FOUND        !  409 CONFLICT      x  422 INVALID
 */
export const table: Record<string, string> = {
  //                 a s v c e o  r u m  h e  r e d
  listCollections: "?+++++" + "+s+" + "++" + "???",
  createCollection: "?+++++" + "ss+" + "ss" + "???",
  getCollection: "..++++" + "+s+" + "+." + "???",
  updateCollection: "?....+" + "ss+" + "+." + "???",
  trashCollection: "?....+" + "ss+" + "+." + "???",
  listMembers: "?....+" + "ss+" + "+." + "???",
  setMember: "?....+" + "ss+" + "+." + "???",
  removeMember: "?....+" + "ss+" + "+." + "???",
  listMedia: "..++++" + "+s+" + "+." + "???",
  getMedia: "..++++" + "+s+" + "+." + "???",
  updateMedia: "?..+++" + "ss+" + "+." + "???",
  trashMedia: "?...++" + "ss+" + "+." + "???",
  restoreMedia: "?...++" + "ss+" + "+." + "???",
  openMedia: "..++++" + "+s+" + "+." + "???",
  // Without a URL for those who do not see it.
  refreshUrls: "++++++" + "+s+" + "++" + "???",
  openUpload: "?..+++" + "s+s" + "+." + "???",
  renewPolicy: "?..+++" + "s+s" + "+." + "???",
  registerFiles: "?..+++" + "s+s" + "+." + "???",
  registerChecksums: "?..+++" + "s+s" + "+." + "???",
  cancelFiles: "?..+++" + "s+s" + "+." + "???",
  cancelFile: "?..+++" + "s+s" + "+." + "???",
  signParts: "?..+++" + "s+s" + "+." + "???",
  // Nothing was sent.
  completeFile: "?..!!!" + "s!s" + "!." + "???",
  grantCredentials: "?..+++" + "s+s" + "+." + "???",
  grantContainerCredentials: "??????" + "s+s" + "+." + "???",
  getUpload: "?..+++" + "s+s" + "+." + "???",
  changeUpload: "?..+++" + "s+s" + "+." + "???",
  // Not verified: there is nothing to undo, and no receipt.
  undoUpload: "?..!!!" + "s!s" + "!." + "???",
  redoUpload: "?..!!!" + "s!s" + "!." + "???",
  getReceipt: "?..!!!" + "s!s" + "!." + "???",
  getReceiptKey: "++++++" + "+++" + "++" + "???",
  listTokens: "?+++++" + "sss" + "ss" + "???",
  createToken: "?+++++" + "sss" + "ss" + "???",
  revokeToken: "?....." + "sss" + "ss" + "???",
  listSessions: "?+++++" + "sss" + "ss" + "???",
  endSession: "?....." + "sss" + "ss" + "???",
};

/** The body of each call that has one. */
export const bodies: Record<string, (world: World) => object> = {
  createCollection: () => ({ name: "New reef" }),
  updateCollection: () => ({ name: "Other reef" }),
  setMember: () => ({ role: "editor" }),
  updateMedia: () => ({ title: "Turtle" }),
  refreshUrls: ({ mediaId }) => ({ items: [{ id: mediaId, variant: "thumb" }] }),
  openUpload: () => ({ label: "build 7" }),
  registerFiles: () => ({ files: [{ path: "a.txt", size: 3 }] }),
  registerChecksums: () => ({ files: [{ path: "film.mov", size: 17_000_000, sha256: "0".repeat(64) }] }),
  cancelFiles: () => ({ paths: ["a.txt"] }),
  signParts: ({ fileId }) => ({ fileId, parts: [1] }),
  completeFile: ({ fileId }) => ({ fileId, parts: [] }),
  grantCredentials: () => ({ durationSeconds: 900 }),
  changeUpload: () => ({ state: "sealed" }),
  createToken: () => ({ name: "CI", scopes: ["upload"] }),
};
