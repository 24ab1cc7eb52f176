import { type ConflictChoice, uploadPolicy } from "@/lib/upload/policy";
import { ownEndpoint } from "./endpoints";
import { type FileState, fileStates } from "./file";
import { emptyQueue } from "./queue";
import type { OthersChoice, UploaderState } from "./state";
import { emptyVector } from "./vector";

export type InitialState = {
  readonly online?: boolean;
  readonly hashes?: boolean;
  readonly conflict?: ConflictChoice | null;
  readonly othersConflict?: OthersChoice | null;
};

export function initialState(choices: InitialState = {}): UploaderState {
  const { online = true, hashes = false, conflict = null } = choices;
  // Skipping and keeping both leave other people's files as they are, too.
  const { othersConflict = conflict === "revision" ? null : conflict } = choices;
  return {
    phase: "idle",
    halted: null,
    paused: false,
    adding: 0,
    finishing: false,
    passes: {},
    yielding: false,
    files: emptyVector,
    counts: Object.fromEntries(fileStates.map((name) => [name, 0])) as Record<FileState, number>,
    bytes: { planned: 0, sent: 0, kept: 0, failed: 0 },
    leftOut: { system: 0, twice: 0 },
    label: null,
    conflicts: { same: 0, other: 0, others: 0 },
    conflict,
    othersConflict,
    upload: null,
    resumed: null,
    policy: null,
    renewing: false,
    policyRefusals: 0,
    refusedInRow: 0,
    deniedInRow: 0,
    online,
    hashes,
    verifies: false,
    queues: {
      register: emptyQueue,
      hash: emptyQueue,
      hashWhole: emptyQueue,
      again: emptyQueue,
      post: emptyQueue,
      large: emptyQueue,
      report: emptyQueue,
    },
    halves: emptyQueue,
    cancellations: emptyQueue,
    batches: {},
    nextBatch: 1,
    rejectedInRow: 0,
    quotaBelow: null,
    hashedAhead: 0,
    hashedWhole: 0,
    active: [],
    lastKind: "part",
    share: uploadPolicy.parallelPosts,
    endpoints: [ownEndpoint],
    failuresInRow: 0,
    failingSince: 0,
    outage: null,
    calls: {},
    polls: 0,
    watchedSince: null,
    status: null,
    samples: [],
    startedAt: null,
    endedAt: null,
  };
}
