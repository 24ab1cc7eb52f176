import type { PostPolicy, UploadStatus } from "@/lib/upload/schema";
import { busyConnections, type Endpoints } from "./endpoints";
import type { Failure, FailureCode } from "./failures";
import { type ConflictChoice, type FileState, type UploadFile, unsettledStates } from "./file";
import type { Queue } from "./queue";
import type { Vector } from "./vector";

/** idle → opening → uploading → sealing → verifying → done; aborted from any of the first three. */
type Phase = "idle" | "opening" | "uploading" | "sealing" | "verifying" | "done" | "aborted";

export type CallName = "open" | "resume" | "renew" | "seal" | "status" | "abort";

/** The policy in use. `renewDue`: about to end. `over`: ended, or refused by the storage; not to be used. */
type HeldPolicy = PostPolicy & {
  readonly generation: number;
  readonly renewDue: boolean;
  readonly expired: boolean;
  /** Denied without a reason: it may be its age, and is seen with the next one. */
  readonly suspect: boolean;
  /** Asked for after such a denial: until then another one is not its age. */
  readonly freshUntil: number;
  /** Whether its forms may carry `x-amz-checksum-sha256`. */
  readonly takesSha256: boolean;
};

/** The storage is away: one file is sent now and then (`probing`) until one arrives. */
type Outage = {
  readonly since: number;
  readonly failures: number;
  readonly probing: boolean;
  readonly retryAt: number;
};

/** What a person decides for all files at once. */
export type PassName = "conflict" | "retry" | "cancel";

/** A call to be made again at `retryAt`; null while it is on its way. */
type Trouble = { readonly failures: number; readonly since: number; readonly retryAt: number | null };

/** Files being named to the server, told the digests of (`report`) or taken back (`cancel`) in one call. */
export type Batch = {
  readonly kind: "register" | "report" | "cancel";
  /** None where files are taken back: that is by path. */
  readonly fileIds: readonly number[];
  readonly paths: readonly string[];
  readonly trouble: Trouble | null;
};

/** Everything the engine knows, as plain data; File handles and connections are kept beside it. */
export type UploaderState = {
  readonly phase: Phase;
  /** Why nothing goes on until the person acts (`tryAgain`), in any phase; null otherwise. */
  readonly halted: Failure | null;
  /** The person stopped everything for a while. */
  readonly paused: boolean;
  /** Folders still being read. */
  readonly adding: number;
  /** The person said to seal without the files that failed or are missing: done as soon as the last calls are through. */
  readonly finishing: boolean;
  /** What the person decided for all files and is still being done: the chunk of the list that is next. */
  readonly passes: Readonly<Partial<Record<PassName, number>>>;
  /** `yieldToPage` was asked for. */
  readonly yielding: boolean;
  readonly files: Vector<UploadFile>;
  readonly counts: Readonly<Record<FileState, number>>;
  /**
   * Bytes of the files that are sent, or will be, or failed; how many of them arrived or are on the way; how many of those
   * were there already (`kept`) and were not sent; and how many are missing of files that failed.
   */
  readonly bytes: {
    readonly planned: number;
    readonly sent: number;
    readonly kept: number;
    readonly failed: number;
  };
  /** System files (.DS_Store …) that were left out, and files that were there already when a folder came twice. */
  readonly leftOut: { readonly system: number; readonly twice: number };
  /** The one folder everything is in; null when there are several. */
  readonly label: string | null;
  /** Of the files in state `asking`: how many have the same size as the collection's file, how many another one. */
  readonly conflicts: { readonly same: number; readonly other: number };
  /** What the person said about taken paths; null: files wait in state `asking`. */
  readonly conflict: ConflictChoice | null;
  readonly upload: { readonly id: string; readonly prefix: string } | null;
  /** An upload begun earlier that is gone on with. */
  readonly resumed: {
    readonly id: string;
    /** Which tab drives it: this one waits until it is `here`. */
    readonly owner: "unknown" | "elsewhere" | "here";
    /** How many files it was to have, where that was known when it was opened; and how many were registered to it. */
    readonly plannedFiles: number | null;
    readonly registeredFiles: number;
  } | null;
  readonly policy: HeldPolicy | null;
  readonly renewing: boolean;
  /** Policies in a row that the storage did not take, posts it refused with them, and files it denied in a row. */
  readonly policyRefusals: number;
  readonly refusedInRow: number;
  readonly deniedInRow: number;
  readonly online: boolean;
  /** Whether there is a hasher. */
  readonly hashes: boolean;
  /** The storage has shown that it compares what it gets with its SHA-256: no MD5 is needed to find out afterwards. */
  readonly verifies: boolean;
  /** Files by what they wait for. An entry counts only while the file is in the state that belongs to the queue. */
  readonly queues: {
    /** `queued`: to be named. */
    readonly register: Queue<number>;
    /** `ready` or `queued` with a hash wanted first. */
    readonly hash: Queue<number>;
    /** The same of large files, which the collection may have already. */
    readonly hashWhole: Queue<number>;
    /** `ready`: tried before, and first-come. */
    readonly again: Queue<number>;
    readonly post: Queue<number>;
    /** `ready`: in parts. */
    readonly large: Queue<number>;
    /** Hashed, digests not told yet. */
    readonly report: Queue<number>;
  };
  /** Batches that were too much for the quota: named again in halves. */
  readonly halves: Queue<readonly number[]>;
  /** Paths the server was told of under which nothing will come. */
  readonly cancellations: Queue<string>;
  readonly batches: Readonly<Record<number, Batch>>;
  readonly nextBatch: number;
  /** Files the site refused, each by itself, since it took one. */
  readonly rejectedInRow: number;
  /** A file of so many bytes did not fit into the quota by itself: larger ones are not asked for. */
  readonly quotaBelow: number | null;
  /** Small files hashed ahead of their post: being hashed, or `ready` with digests. */
  readonly hashedAhead: number;
  /** Large files being hashed. */
  readonly hashedWhole: number;
  /** Files in state `parts` or about to be, in the order they were begun. */
  readonly active: readonly number[];
  /** What was started last, so that neither kind starves the other. */
  readonly lastKind: "post" | "part";
  /** Connections this upload may use to each endpoint: a share of the browser's six where several tabs upload. */
  readonly share: number;
  readonly endpoints: Endpoints;
  readonly failuresInRow: number;
  readonly rowSince: number;
  readonly outage: Outage | null;
  readonly calls: Readonly<Partial<Record<CallName, Trouble>>>;
  readonly polls: number;
  readonly watchedSince: number | null;
  readonly status: UploadStatus | null;
  /** Arrived bytes over the last seconds, oldest first: where speed and remaining time come from. */
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

/** Parts on a connection, of all files. */
export function partsOnTheirWay({ endpoints, counts }: UploaderState): number {
  return busyConnections(endpoints) - counts.posting;
}

/** Files that still have something ahead of them. */
export function outstanding({ counts }: UploaderState): number {
  return unsettledStates.reduce((sum, state) => sum + counts[state], 0);
}

/** Those of them that do not wait for the person. */
export function leftToMove(state: UploaderState): number {
  return outstanding(state) - state.counts.conflict - state.counts.paused;
}

/** Files of a resumed upload that were not added again yet: the person adds them, or finishes without. */
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

/** Every file is settled, some failed or are missing, and the person chooses: retry or add them, or finish without. */
export function awaitsDecision(state: UploaderState): boolean {
  const { phase, adding, finishing, counts, files, resumed } = state;
  if (phase !== "uploading" || finishing || adding > 0 || outstanding(state) > 0 || files.size === 0) return false;
  const nothing = resumed !== null && counts.done + counts.present === 0;
  return counts.failed > 0 || missingFiles(state) > 0 || nothing;
}

/** Another tab drives the upload: this one waits. */
export function isElsewhere({ resumed, phase }: UploaderState): boolean {
  return resumed?.owner === "elsewhere" && (phase === "opening" || phase === "uploading");
}

const endings: ReadonlySet<string> = new Set<FailureCode>(["closed", "finished", "gone"]);

/** The upload was ended elsewhere, or is out of reach: nothing can be added to it, and it is not this page's to discard. */
export function isDead({ phase, halted }: UploaderState): boolean {
  return halted !== null && endings.has(halted.code) && phase !== "done" && phase !== "aborted";
}

/** Connections to the storage are in use, or will be as soon as they can. */
export function isMoving(state: UploaderState): boolean {
  const { phase, halted, paused } = state;
  return phase === "uploading" && !halted && !paused && leftToMove(state) > 0;
}

/** Leaving the page now would interrupt something. */
export function isBusy(state: UploaderState): boolean {
  if (isDead(state) || isElsewhere(state)) return false;
  if (state.adding > 0 || awaitsDecision(state)) return true;
  if (state.phase === "uploading" && state.files.size === 0) return false;
  if (state.phase === "idle") return outstanding(state) > 0;
  return state.phase === "opening" || state.phase === "uploading" || state.phase === "sealing";
}
