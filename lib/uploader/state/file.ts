import type { Failure } from "./failures";
import type { Multipart } from "./multipart";
import type { NoteCode } from "./notes";

/**
 * queued: will be named to the server · naming: is being named · asking: its path is taken in the collection, and the
 * person has not said what then · ready: waits for a connection · hashing: is being read for its checksums · posting:
 * on a connection · parts: some of its parts are · completing: its parts are being put together · checking: stored,
 * being compared with the disk · waiting: for its next try · paused: by the person · present: the storage has these
 * bytes, nothing was sent · done · skipped: left out, as its path is taken · failed: can be retried · refused: never
 * sent, and why · canceled: by the person.
 */
export const fileStates = [
  "queued",
  "naming",
  "asking",
  "ready",
  "hashing",
  "posting",
  "parts",
  "completing",
  "checking",
  "waiting",
  "paused",
  "present",
  "done",
  "skipped",
  "failed",
  "refused",
  "canceled",
] as const;
export type FileState = (typeof fileStates)[number];

/** What a person can pause. */
export const pausable: ReadonlySet<FileState> = new Set([
  "queued",
  "naming",
  "ready",
  "hashing",
  "posting",
  "parts",
  "waiting",
]);

/**
 * Files of at most so many bytes are read once, hashed on the spot and sent from memory: opening a file, or handing it to another
 * thread, takes longer than hashing it. SHA-256 is the browser's own, off the thread, and MD5 takes half a millisecond.
 */
export const smallBytes = 256 * 1024;

/** Lower-case hex; no MD5 where the storage itself compares the SHA-256 with what it gets. */
export type Digests = { readonly sha256: string; readonly md5: string | null };

/** What becomes of a file whose path the collection has: a new revision, nothing, or a path of its own ("name (2).jpg"). */
export type ConflictChoice = "revision" | "skip" | "both";

export type UploadFile = {
  /** Its place in `files`. */
  readonly id: number;
  /** Normalized (NFC), with `/` between folders, relative to the upload. */
  readonly path: string;
  /** The path it was found at, where both files are kept and it got another one. */
  readonly foundAs: string | null;
  readonly sizeBytes: number;
  /** Milliseconds since 1970, as the browser says. */
  readonly lastModified: number;
  readonly contentType: string;
  readonly state: FileState;
  readonly sentBytes: number;
  /** The number of the current try; what an older one reports is not listened to. */
  readonly run: number;
  /** Failures since it last went well, and when (`at` of the event) they began. */
  readonly failures: number;
  readonly failingSince: number | null;
  /** Times it was begun again because it changed on the disk. */
  readonly restarts: number;
  /** Times the storage did not take what was sent, and it had to be begun again. */
  readonly rejections: number;
  readonly retryAt: number | null;
  readonly failure: Failure | null;
  /** Something to know about a file that is sent all the same. */
  readonly note: NoteCode | null;
  /** The collection has a file at its path, of the same size or of another one. */
  readonly exists: "same" | "other" | null;
  /** The collection has bytes of its size: hashed, it is named again, and perhaps need not be sent. */
  readonly mayBeKnown: boolean;
  /** Taken from the bytes on the disk; null where not taken, or told to the server and not needed any more. */
  readonly digests: Digests | null;
  /** The server was told of it under its path, or may have been. */
  readonly named: boolean;
  /** A call that tells the server of it has no answer yet. */
  readonly asked: boolean;
  /** Whether the server knows the digests. */
  readonly reported: boolean;
  /** null for a file that goes in one piece, and before it was named. */
  readonly multipart: Multipart | null;
  /** Its last post carried a checksum, which the storage holds against the bytes. */
  readonly checked: boolean;
  /** How far its last post got was not watched. */
  readonly quiet: boolean;
  /** Which of the storage's endpoints it is posted to: 0 is the policy's, the others are in `lanes`. */
  readonly lane: number;
  /** When its last post was begun; null before the first one of these bytes. */
  readonly begunAt: number | null;
};

/** What the walk found, judged before it comes here: `refusal` says why a file is not sent. */
export type NewFile = Pick<UploadFile, "path" | "sizeBytes" | "lastModified" | "contentType"> & {
  readonly refusal: Failure | null;
};
