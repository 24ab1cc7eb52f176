import { uploadPolicy } from "../policy";
import type { PostPolicy, UploadStatus } from "../schema";
import type { Failure } from "./failures";
import { emptyVector, type Vector } from "./vector";

/**
 * queued: will be sent · posting: on a connection · checking: stored, being compared with the disk · waiting: for its
 * next try · done · failed: can be retried · refused: never sent, and why · canceled: by the person.
 */
export const fileStates = [
  "queued",
  "posting",
  "checking",
  "waiting",
  "done",
  "failed",
  "refused",
  "canceled",
] as const;
export type FileState = (typeof fileStates)[number];

export type UploadFile = {
  /** Its place in `files`. */
  readonly id: number;
  /** Normalized (NFC), with `/` between folders, relative to the upload. */
  readonly path: string;
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
  readonly retryAt: number | null;
  readonly failure: Failure | null;
};

/** What the walk found, judged before it comes here: `refusal` says why a file is not sent. */
export type NewFile = Pick<UploadFile, "path" | "sizeBytes" | "lastModified" | "contentType"> & {
  readonly refusal: Failure | null;
};

/** idle → opening → uploading → sealing → verifying → done; aborted from any of the first three. */
type Phase = "idle" | "opening" | "uploading" | "sealing" | "verifying" | "done" | "aborted";

export type CallName = "open" | "renew" | "seal" | "status" | "abort";

/** The policy in use. `renewDue`: about to end. `over`: ended, or refused by the storage; not to be used. */
type HeldPolicy = PostPolicy & {
  readonly generation: number;
  readonly renewDue: boolean;
  readonly over: boolean;
};

/** The storage is away: one file is sent now and then (`probing`) until one arrives. */
type Outage = {
  readonly since: number;
  readonly failures: number;
  readonly probing: boolean;
  readonly retryAt: number;
};

/** A call to be made again at `retryAt`; null while it is on its way. */
type Trouble = { readonly failures: number; readonly since: number; readonly retryAt: number | null };

/** Everything the engine knows, as plain data; File handles and connections are kept beside it. */
export type UploaderState = {
  readonly phase: Phase;
  /** Why nothing goes on until the person acts (`tryAgain`), in any phase; null otherwise. */
  readonly halted: Failure | null;
  /** Folders still being read. */
  readonly adding: number;
  readonly files: Vector<UploadFile>;
  readonly counts: Readonly<Record<FileState, number>>;
  /** Bytes of the files that are sent, or will be, or failed; and how many of them arrived or are on the way. */
  readonly bytes: { readonly planned: number; readonly sent: number };
  /** System files (.DS_Store …) that were left out, and files that were there already when a folder came twice. */
  readonly leftOut: { readonly system: number; readonly twice: number };
  /** The one folder everything is in; null when there are several. */
  readonly label: string | null;
  readonly upload: { readonly id: string; readonly prefix: string } | null;
  readonly policy: HeldPolicy | null;
  readonly renewing: boolean;
  /** Policies in a row that the storage did not take, and files it denied in a row. */
  readonly policyRefusals: number;
  readonly deniedInRow: number;
  readonly online: boolean;
  /** Queued files are those in `again`, and those from `nextFresh` on that are `queued`. */
  readonly nextFresh: number;
  readonly again: readonly number[];
  /** Connections at most; halved on SlowDown, regained one by one. */
  readonly limit: number;
  readonly failuresInRow: number;
  readonly rowSince: number;
  readonly outage: Outage | null;
  readonly calls: Readonly<Partial<Record<CallName, Trouble>>>;
  readonly looks: number;
  readonly watchedSince: number | null;
  readonly status: UploadStatus | null;
  /** Arrived bytes over the last seconds, oldest first: where speed and remaining time come from. */
  readonly samples: readonly { readonly at: number; readonly sentBytes: number; readonly files: number }[];
  readonly startedAt: number | null;
  readonly endedAt: number | null;
};

export function initialState({ online = true }: { online?: boolean } = {}): UploaderState {
  return {
    phase: "idle",
    halted: null,
    adding: 0,
    files: emptyVector,
    counts: { queued: 0, posting: 0, checking: 0, waiting: 0, done: 0, failed: 0, refused: 0, canceled: 0 },
    bytes: { planned: 0, sent: 0 },
    leftOut: { system: 0, twice: 0 },
    label: null,
    upload: null,
    policy: null,
    renewing: false,
    policyRefusals: 0,
    deniedInRow: 0,
    online,
    nextFresh: 0,
    again: [],
    limit: uploadPolicy.parallelPosts,
    failuresInRow: 0,
    rowSince: 0,
    outage: null,
    calls: {},
    looks: 0,
    watchedSince: null,
    status: null,
    samples: [],
    startedAt: null,
    endedAt: null,
  };
}

/** Files that still have something ahead of them without anybody doing anything. */
export function outstanding({ counts }: UploaderState): number {
  return counts.queued + counts.posting + counts.checking + counts.waiting;
}

/** Whether files can be added: later ones belong to a new upload. */
export function takesFiles({ phase }: UploaderState): boolean {
  return phase === "idle" || phase === "opening" || phase === "uploading";
}

/** Every file is settled, some failed, and the person chooses: retry them, or finish without them. */
export function awaitsDecision(state: UploaderState): boolean {
  return state.phase === "uploading" && state.adding === 0 && outstanding(state) === 0 && state.counts.failed > 0;
}

/** Leaving the page now would interrupt something. */
export function isBusy(state: UploaderState): boolean {
  if (state.adding > 0 || awaitsDecision(state)) return true;
  return state.phase === "opening" || state.phase === "uploading" || state.phase === "sealing";
}
