import type { ConflictChoice } from "@/lib/upload/policy";
import type { PostPolicy, UploadStatus } from "@/lib/upload/schema";
import { busyConnections, type Endpoints } from "./endpoints";
import type { Failure, FailureCode } from "./failures";
import { type FileState, type Taken, type UploadFile, unsettledStates } from "./file";
import type { Queue } from "./queue";
import type { Vector } from "./vector";

/** idle → opening → uploading → sealing → verifying → done; aborted from any of the first three. */
type Phase = "idle" | "opening" | "uploading" | "sealing" | "verifying" | "done" | "aborted";

/** What can be chosen for a path whose file may not be replaced. */
export type OthersChoice = Exclude<ConflictChoice, "revision">;

export type CallName = "open" | "resume" | "renew" | "seal" | "status" | "abort";

/** The policy in use. `renewDue`: about to expire. `expired`: expired or refused by the storage, not to be used. */
type HeldPolicy = PostPolicy & {
  readonly generation: number;
  readonly renewDue: boolean;
  readonly expired: boolean;
  /** The storage denied it without a reason: it may have expired, which the next one shows. */
  readonly suspect: boolean;
  /** For a policy that replaced a suspect one: a denial before this time is not due to its age. */
  readonly freshUntil: number;
  /** Whether its forms may carry `x-amz-checksum-sha256`. */
  readonly takesSha256: boolean;
};

/** The storage is unreachable: one file is sent now and then (`probing`) until one arrives. */
type Outage = {
  readonly since: number;
  readonly failures: number;
  readonly probing: boolean;
  readonly retryAt: number;
};

/** What a person can decide for all files at once. */
export type PassName = "conflict" | "retry" | "cancel";

/** A call that failed and is made again at `retryAt`; null while it is in flight. */
type Trouble = { readonly failures: number; readonly since: number; readonly retryAt: number | null };

/** Files whose registration, digests (`report`) or cancellation (`cancel`) is sent in one call. */
export type Batch = {
  readonly kind: "register" | "report" | "cancel";
  /** Empty for cancellations: they go by path. */
  readonly fileIds: readonly number[];
  readonly paths: readonly string[];
  readonly trouble: Trouble | null;
};

/** The uploader's state as plain data. File handles and connections are kept outside of it. */
export type UploaderState = {
  readonly phase: Phase;
  /** Why everything stopped until the person acts (`tryAgain`), in any phase; null otherwise. */
  readonly halted: Failure | null;
  /** The person paused the whole upload. */
  readonly paused: boolean;
  /** How many folders are still being read. */
  readonly adding: number;
  /** The person chose to seal without the files that failed or are missing: done once the last calls have ended. */
  readonly finishing: boolean;
  /** Decisions for all files that are still being applied, with the next chunk of the list. */
  readonly passes: Readonly<Partial<Record<PassName, number>>>;
  /** A `yieldToPage` effect has no answer yet. */
  readonly yielding: boolean;
  readonly files: Vector<UploadFile>;
  readonly counts: Readonly<Record<FileState, number>>;
  /**
   * planned: of all files but canceled, skipped and refused ones · sent: arrived or in flight · kept: those of `sent`
   * that were in the storage before · failed: missing of files that failed.
   */
  readonly bytes: {
    readonly planned: number;
    readonly sent: number;
    readonly kept: number;
    readonly failed: number;
  };
  /** System files (.DS_Store …), and files of this upload that were added again. */
  readonly leftOut: { readonly system: number; readonly twice: number };
  /** The one folder that holds all files; null when there are several. */
  readonly label: string | null;
  /** Files in state `conflict`, by what the collection has at their paths. */
  readonly conflicts: Readonly<Record<Taken, number>>;
  /** The person's choice for taken paths; null: files wait in state `conflict`. */
  readonly conflict: ConflictChoice | null;
  /** The same for paths of other people's files, which cannot be replaced. */
  readonly othersConflict: OthersChoice | null;
  readonly upload: { readonly id: string; readonly prefix: string } | null;
  /** An upload begun earlier that is being resumed. */
  readonly resumed: {
    readonly id: string;
    /** Which tab owns it: this one waits until that is `here`. */
    readonly owner: "unknown" | "elsewhere" | "here";
    /** Files that were planned when it was opened, where known, and files that were registered. */
    readonly plannedFiles: number | null;
    readonly registeredFiles: number;
  } | null;
  readonly policy: HeldPolicy | null;
  readonly renewing: boolean;
  /** In a row: policies the storage refused, posts it refused with them, and files it denied. */
  readonly policyRefusals: number;
  readonly refusedInRow: number;
  readonly deniedInRow: number;
  readonly online: boolean;
  /** Whether there is a hasher. */
  readonly hashes: boolean;
  /** The storage has shown that it verifies SHA-256: no MD5 is needed. */
  readonly verifies: boolean;
  /** Files by what they wait for. An entry is stale when its file is no longer in the state of the queue. */
  readonly queues: {
    /** `queued`: to be registered. */
    readonly register: Queue<number>;
    /** `ready` or `queued`: small files to be hashed first. */
    readonly hash: Queue<number>;
    /** The same for large files, which the collection may have already. */
    readonly hashWhole: Queue<number>;
    /** `ready`: files sent before (`again`), which come first, and new ones (`post`). */
    readonly again: Queue<number>;
    readonly post: Queue<number>;
    /** `ready`: in parts. */
    readonly large: Queue<number>;
    /** Hashed files whose digests are not registered yet. */
    readonly report: Queue<number>;
  };
  /** Batches that did not fit into the quota: registered again in halves. */
  readonly halves: Queue<readonly number[]>;
  /** Registered paths that are canceled. */
  readonly cancellations: Queue<string>;
  readonly batches: Readonly<Record<number, Batch>>;
  readonly nextBatch: number;
  /** Files in a row the site rejected, each in a call of its own. */
  readonly rejectedInRow: number;
  /** A file of this size did not fit into the quota by itself: larger ones are not registered. */
  readonly quotaBelow: number | null;
  /** Small files hashed ahead of their post: being hashed, or `ready` with digests. */
  readonly hashedAhead: number;
  /** Large files being hashed. */
  readonly hashedWhole: number;
  /** Files in state `parts`, in the order they were begun. */
  readonly active: readonly number[];
  /** What was started last: the other kind comes next, so that neither starves. */
  readonly lastKind: "post" | "part";
  /** Connections this upload may use to each endpoint: its share of the browser's six where several tabs upload. */
  readonly share: number;
  readonly endpoints: Endpoints;
  readonly failuresInRow: number;
  readonly failingSince: number;
  readonly outage: Outage | null;
  readonly calls: Readonly<Partial<Record<CallName, Trouble>>>;
  readonly polls: number;
  readonly watchedSince: number | null;
  readonly status: UploadStatus | null;
  /** Arrived bytes over the last seconds, oldest first: the source of speed and remaining time. */
  readonly samples: readonly { readonly at: number; readonly sentBytes: number; readonly files: number }[];
  readonly startedAt: number | null;
  readonly endedAt: number | null;
};

/** A state that changes over time, as components and browser adapters read it. */
export type UploaderStore = {
  /** The state as last published; the same object until the next publication. */
  getSnapshot(): UploaderState;
  /** Calls `changed` after each publication; returns a function that ends the subscription. */
  subscribe(changed: () => void): () => void;
};

/** The person's choice for a path that the collection has; null before it was made. */
export function choiceAt({ conflict, othersConflict }: UploaderState, taken: Taken): ConflictChoice | null {
  return taken === "others" ? othersConflict : conflict;
}

/** Parts on a connection, of all files. */
export function partsOnTheirWay({ endpoints, counts }: UploaderState): number {
  return busyConnections(endpoints) - counts.posting;
}

/** Files that are not settled. */
export function outstanding({ counts }: UploaderState): number {
  return unsettledStates.reduce((sum, state) => sum + counts[state], 0);
}

/** Files that are not settled and do not wait for the person. */
export function leftToMove(state: UploaderState): number {
  return outstanding(state) - state.counts.conflict - state.counts.paused;
}

/** Files of a resumed upload that were not added again yet: the person adds them or finishes without them. */
export function missingFiles({ resumed, counts, phase }: UploaderState): number {
  if (!resumed || phase !== "uploading") return 0;
  const settled = counts.done + counts.present + counts.failed;
  // A skipped file was planned, but is not among those that are registered.
  const ofPlanned = (resumed.plannedFiles ?? 0) - settled - counts.skipped;
  return Math.max(0, ofPlanned, resumed.registeredFiles - settled);
}

/** Whether files can be added: later ones belong to a new upload. */
export function takesFiles({ phase }: UploaderState): boolean {
  return phase === "idle" || phase === "opening" || phase === "uploading";
}

/** All files are settled, some failed or are missing: the person retries or adds them, or finishes without them. */
export function awaitsDecision(state: UploaderState): boolean {
  const { phase, adding, finishing, counts, files, resumed } = state;
  if (phase !== "uploading" || finishing || adding > 0 || outstanding(state) > 0 || files.size === 0) return false;
  const nothing = resumed !== null && counts.done + counts.present === 0;
  return counts.failed > 0 || missingFiles(state) > 0 || nothing;
}

/** Whether another tab owns the upload and this one waits. */
export function isElsewhere({ resumed, phase }: UploaderState): boolean {
  return resumed?.owner === "elsewhere" && (phase === "opening" || phase === "uploading");
}

const endings: ReadonlySet<string> = new Set<FailureCode>(["closed", "finished", "gone"]);

/** Whether trying again cannot help: the upload ended elsewhere or is no longer accessible. */
export function isFinal({ code }: Failure): boolean {
  return endings.has(code);
}

/** Whether the upload ended elsewhere or is no longer accessible: files cannot be added and it cannot be canceled here. */
export function isDead({ phase, halted }: UploaderState): boolean {
  return halted !== null && isFinal(halted) && phase !== "done" && phase !== "aborted";
}

/** Whether connections to the storage are in use, or will be as soon as possible. */
export function isMoving(state: UploaderState): boolean {
  const { phase, halted, paused } = state;
  return phase === "uploading" && !halted && !paused && leftToMove(state) > 0;
}

/** Whether leaving the page now would interrupt something. */
export function isBusy(state: UploaderState): boolean {
  if (isDead(state) || isElsewhere(state)) return false;
  if (state.adding > 0 || awaitsDecision(state)) return true;
  if (state.phase === "uploading" && state.files.size === 0) return false;
  if (state.phase === "idle") return outstanding(state) > 0;
  return state.phase === "opening" || state.phase === "uploading" || state.phase === "sealing";
}
