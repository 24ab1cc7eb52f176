import { uploadPolicy } from "@/lib/upload/policy";
import { ownEndpoint } from "./endpoints";
import { type ConflictChoice, type FileState, fileStates } from "./file";
import { emptyQueue } from "./queue";
import type { UploaderState } from "./state";
import { emptyVector } from "./vector";

export type InitialState = {
  readonly online?: boolean;
  readonly hashes?: boolean;
  readonly conflict?: ConflictChoice | null;
};

export function initialState({ online = true, hashes = false, conflict = null }: InitialState = {}): UploaderState {
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
    conflicts: { same: 0, other: 0 },
    conflict,
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
