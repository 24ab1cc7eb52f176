import type { Failure } from "./failures";
import type { Multipart, Part } from "./multipart";
import type { NoteCode } from "./notes";

/**
 * States that are not the last: a file moves on by itself, or (`conflict`, `paused`) when the person acts.
 * queued: to be registered with the server · registering: the call is in flight · conflict: the collection has a file
 * at its path and the person has not chosen yet · ready: needs a connection · hashing: being read for its checksums ·
 * posting: on a connection · parts: some of its parts are · completing: its parts are being put together · checking:
 * stored, being compared with the disk · waiting: for its next attempt · paused: by the person.
 */
export const unsettledStates = [
  "queued",
  "registering",
  "conflict",
  "ready",
  "hashing",
  "posting",
  "parts",
  "completing",
  "checking",
  "waiting",
  "paused",
] as const;

/**
 * All states. present: the storage has these bytes, nothing was sent · done · skipped: left out, its path is taken ·
 * failed: can be retried · refused: never sent · canceled: by the person.
 */
export const fileStates = [...unsettledStates, "present", "done", "skipped", "failed", "refused", "canceled"] as const;
export type FileState = (typeof fileStates)[number];

/** What a person can pause. */
const pausableStates = ["queued", "registering", "ready", "hashing", "posting", "parts", "waiting"] as const;
const pausable: ReadonlySet<FileState> = new Set(pausableStates);

export function isPausable(file: UploadFile): file is FileIn<(typeof pausableStates)[number]> {
  return pausable.has(file.state);
}

/** Settled without having been sent, and free to be tried with other bytes. */
export function isRevivable({ state }: { readonly state: FileState }): boolean {
  return state === "failed" || state === "canceled" || state === "refused" || state === "skipped";
}

/**
 * Files of at most so many bytes are read once, hashed on the main thread and sent from memory: opening a file, or
 * passing it to another thread, takes longer than hashing it. SHA-256 is the browser's own, off the thread, and MD5
 * takes half a millisecond.
 */
export const smallBytes = 256 * 1024;

/** Lower-case hex; no MD5 where the storage verifies the SHA-256. */
export type Digests = { readonly sha256: string; readonly md5: string | null };

/**
 * What the collection has at a file's path: a file of the same size, of another one, or one that another person added and that
 * this upload may not replace (`others`).
 */
export type Taken = "same" | "other" | "others";

/** What a file has in every state. */
export type Common = {
  /** Its place in `files`. */
  readonly id: number;
  /** Normalized (NFC), with `/` between folders, relative to the upload. */
  readonly path: string;
  /** The path it was found at, where it was renamed so that both files are kept. */
  readonly foundAs: string | null;
  readonly sizeBytes: number;
  /** Milliseconds since 1970, as the browser says. */
  readonly lastModified: number;
  readonly contentType: string;
  /** Something to know about a file that is sent all the same. */
  readonly note: NoteCode | null;
  /** Null: nothing, as far as is known. */
  readonly exists: Taken | null;
  /** The server knows its path, or may know it. */
  readonly registered: boolean;
  /** A call that registers it, or its checksums, has no answer yet. */
  readonly inCall: boolean;
  /** The number of the current attempt; events of earlier ones are ignored. */
  readonly run: number;
};

/** What went wrong since the file was added or retried. */
export type Attempts = {
  /** Failures in a row, and when (`at` of the event) they began. */
  readonly failures: number;
  readonly failingSince: number | null;
  /** Restarts because it changed on the disk. */
  readonly restarts: number;
  /** Restarts because the storage rejected or lost the bytes. */
  readonly rejections: number;
};

export const noAttempts: Attempts = { failures: 0, failingSince: null, restarts: 0, rejections: 0 };

/** What is known of a file's bytes. */
export type Known = {
  /** Taken from the bytes on the disk; null where not taken. */
  readonly digests: Digests | null;
  /** Whether the server knows the digests. */
  readonly reported: boolean;
  /** The collection has bytes of its size: once hashed it is registered again, and perhaps need not be sent. */
  readonly mayBeKnown: boolean;
  /** null for a file that goes in one piece, and before it was registered. */
  readonly multipart: Multipart | null;
  /** The last post of these bytes; `checked`: it carried a checksum, which the storage compares with what it gets. */
  readonly lastPost: { readonly checked: boolean } | null;
};

/** What is known of new bytes: nothing. */
export const unhashed: Known = { digests: null, reported: false, mayBeKnown: false, multipart: null, lastPost: null };

/** A post on a connection. */
export type Post = {
  /** Which of `endpoints` it goes to. */
  readonly endpoint: number;
  readonly begunAt: number;
  /** Its progress is not reported. */
  readonly quiet: boolean;
  readonly sentBytes: number;
};

type InState<State extends FileState> = Common & { readonly state: State };
export type Active<State extends FileState> = InState<State> & { readonly attempts: Attempts; readonly known: Known };
type InParts<State extends FileState> = Active<State> & {
  readonly known: { readonly multipart: Multipart };
  /** When a failed call about its parts is made again; null when none failed. */
  readonly retryAt: number | null;
};

export type PostingFile = Active<"posting"> & { readonly post: Post };
export type PartsFile = InParts<"parts"> & {
  /** The first part that was not begun. */
  readonly next: number;
  /** The parts in work, at most two for each connection: no more are hashed and signed ahead. */
  readonly window: readonly Part[];
};
/** `post` is the one that failed. */
export type WaitingFile = Active<"waiting"> & {
  readonly post: Post;
  readonly failure: Failure;
  readonly retryAt: number;
};
/** `keptBytes`: those that were there already when it was registered. Digests the server knows are not kept. */
type DoneFile = InState<"done"> & {
  readonly known: Pick<Known, "digests" | "reported">;
  readonly keptBytes: number;
};

/** A file, by its state: it has the fields of that state and no others. */
export type UploadFile =
  | Active<"queued">
  | Active<"registering">
  | (Active<"conflict"> & { readonly exists: Taken })
  | Active<"ready">
  | Active<"hashing">
  | PostingFile
  | PartsFile
  | InParts<"completing">
  | Active<"checking">
  | WaitingFile
  | Active<"paused">
  | InState<"present">
  | DoneFile
  | InState<"skipped">
  | (InState<"failed"> & { readonly failure: Failure; readonly known: Known })
  | (InState<"refused"> & { readonly failure: Failure })
  | InState<"canceled">;

export type FileIn<State extends FileState> = Extract<UploadFile, { readonly state: State }>;
/** A file that is not settled. */
export type UnsettledFile = FileIn<(typeof unsettledStates)[number]>;

/** The fields that stay with a file whatever its state becomes. */
export function commonOf(file: UploadFile): Common {
  const { id, path, foundAs, sizeBytes, lastModified, contentType, note, exists, registered, inCall, run } = file;
  return { id, path, foundAs, sizeBytes, lastModified, contentType, note, exists, registered, inCall, run };
}

/** What is known of a file's bytes; nothing for a file that is not sent any more. */
export function knownOf(file: UploadFile): Known {
  return "known" in file && file.state !== "done" ? file.known : unhashed;
}

/** What the walk found and `preflight` checked: `refusal` says why a file is not sent. */
export type NewFile = Pick<Common, "path" | "sizeBytes" | "lastModified" | "contentType"> & {
  readonly refusal: Failure | null;
};
