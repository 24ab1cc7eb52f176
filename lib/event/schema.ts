/** Who made a change: every `Viewer` is one. */
export type Actor =
  | {
      readonly kind: "user";
      readonly userId: string;
      readonly name: string;
      readonly ipAddress?: string;
      /** The API token that was used. */
      readonly token?: { readonly id: string; readonly name: string };
    }
  | { readonly kind: "anonymous"; readonly ipAddress?: string }
  | { readonly kind: "system"; readonly name: string };

/** All actions of the audit log. A closed list, so that a screen can have a text for each. */
export type EventAction =
  | "user.created"
  | "user.changed"
  | "user.disabled"
  | "user.enabled"
  | "user.passwordChanged"
  | "user.passwordConfirmed"
  | "user.sessionsEnded"
  | "user.invited"
  | "user.signUpRequested"
  | "user.signedUp"
  | "user.signUpRepeated"
  | "user.signedIn"
  | "user.signedOut"
  | "user.signInFailed"
  | "token.created"
  | "token.revoked"
  | "collection.created"
  | "collection.changed"
  | "collection.trashed"
  | "collection.restored"
  | "member.set"
  | "member.removed"
  | "upload.opened"
  | "upload.credentialsGranted"
  | "upload.sealed"
  | "upload.verified"
  | "upload.aborted"
  | "upload.expired"
  | "upload.undone"
  | "upload.redone"
  | "media.changed"
  | "media.trashed"
  | "media.restored"
  | "bucket.takenOver";

/**
 * What an entry is about. `email`: a keyed hash of an address that someone tried to sign in or to sign up with. `bucket`: an
 * installation.
 */
export type EventSubject =
  | "user"
  | "email"
  | "invitation"
  | "token"
  | "collection"
  | "member"
  | "upload"
  | "media"
  | "bucket";
