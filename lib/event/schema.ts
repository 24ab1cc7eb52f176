/** Who did it: every `Viewer` is one. */
export type Actor =
  | { readonly kind: "user"; readonly userId: string; readonly name: string; readonly ipAddress?: string }
  | { readonly kind: "anonymous"; readonly ipAddress?: string }
  | { readonly kind: "system"; readonly name: string };

/** The actions that are recorded in the audit log: a closed list, so that a screen can describe each. */
export type EventAction =
  | "user.created"
  | "user.changed"
  | "user.signedUp"
  | "user.signedIn"
  | "user.signInFailed"
  | "collection.created"
  | "collection.changed"
  | "collection.trashed"
  | "collection.restored"
  | "member.set"
  | "member.removed"
  | "upload.opened"
  | "upload.sealed"
  | "upload.verified"
  | "upload.aborted"
  | "upload.expired"
  | "upload.undone"
  | "upload.redone"
  | "media.changed"
  | "media.trashed"
  | "media.restored";

/** The subject of a line. `email` is an address without an account, as a keyed hash: people type passwords there. */
export type EventSubject = "user" | "email" | "collection" | "member" | "upload" | "media";
