/** Who did it: every `Viewer` is one. */
export type Actor =
  | { readonly kind: "user"; readonly userId: string; readonly name: string; readonly ipAddress?: string }
  | { readonly kind: "anonymous"; readonly ipAddress?: string }
  | { readonly kind: "system"; readonly name: string };

/** Everything that leaves a line in the audit log. A closed list: a screen can put each one into words. */
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

/** What a line is about. `email` stands for an address nobody here has, as a keyed hash: people type passwords there. */
export type EventSubject = "user" | "email" | "collection" | "member" | "upload" | "media";
