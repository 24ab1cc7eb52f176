import type { Row, Target } from "../report";
import type { ContestantName } from "./page/main";
import { peerVersions } from "./scripts";

export type UploadCase = {
  readonly title: string;
  readonly count: number;
  readonly sizeBytes: number;
  readonly far: boolean;
};

const small = { count: 500, sizeBytes: 100_000 };
const tiny = { count: 2_000, sizeBytes: 20_000 };
const large = { count: 1, sizeBytes: 1_000_000_000 };

export const uploadCases = {
  "500": { title: "500 × 100 KB", ...small, far: false },
  "500-far": { title: "500 × 100 KB, 80 ms", ...small, far: true },
  "2000": { title: "2,000 × 20 KB", ...tiny, far: false },
  "2000-far": { title: "2,000 × 20 KB, 80 ms", ...tiny, far: true },
  large: { title: "1 × 1 GB", ...large, far: false },
  "large-far": { title: "1 × 1 GB, 80 ms", ...large, far: true },
} as const satisfies Record<string, UploadCase>;
export type CaseName = keyof typeof uploadCases;

const manyFiles = { count: 10_000, sizeBytes: 1_000 };

/**
 * Adding files without sending them. `disk`: files chosen from disk, whose metadata the browser reads; else Blobs of the
 * page.
 */
export const addingCases = {
  add: { title: "adding 10,000", ...manyFiles, disk: false },
  "add-disk": { title: "adding 10,000 from the disk", ...manyFiles, disk: true },
} as const;
export type AddingName = keyof typeof addingCases;

/** A row of the table. `tuned`: a peer with other settings; see page/uppy.ts. */
export type Entrant = {
  readonly name: string;
  readonly contestant: ContestantName;
  readonly tuned: boolean;
  /** Runs only in cases with added latency. */
  readonly farOnly?: true;
};

const tuned = "forms signed per file; parts of 16 MiB";
export const entrants = [
  { name: "Atoll", contestant: "atoll", tuned: false },
  { name: "Atoll, two addresses of the bucket", contestant: "atollWide", tuned: false, farOnly: true },
  { name: "bare loop, six forms to one URL", contestant: "barePost", tuned: false },
  { name: "bare loop, six presigned PUTs", contestant: "barePut", tuned: false },
  { name: "bare loop, six with checksums", contestant: "bareChecked", tuned: false },
  { name: `Uppy ${peerVersions.uppy5}`, contestant: "uppy5", tuned: false },
  { name: `Uppy ${peerVersions.uppy6}`, contestant: "uppy6", tuned: false },
  { name: `Uppy ${peerVersions.uppy5}, ${tuned}`, contestant: "uppy5", tuned: true },
  { name: `Uppy ${peerVersions.uppy6}, ${tuned}`, contestant: "uppy6", tuned: true },
] as const satisfies readonly Entrant[];

export function entrantsOf({ far }: UploadCase): Entrant[] {
  return entrants.filter(({ farOnly }: Entrant) => far || !farOnly);
}

/** Seconds per entrant; null if it failed. */
export type Times = ReadonlyMap<Entrant, number | null>;

/** The required speed-up over the best documented Uppy; for the large file over the best of any settings. */
const overUppy: Record<CaseName, { times: number; tuned: boolean }> = {
  "500": { times: 1.7, tuned: false },
  "500-far": { times: 2.5, tuned: false },
  "2000": { times: 2.2, tuned: false },
  "2000-far": { times: 2.5, tuned: false },
  large: { times: 1, tuned: true },
  "large-far": { times: 1, tuned: true },
};
const ofBareLoop = 0.95;

function best(times: Times, which: (entrant: Entrant) => boolean): number {
  const found = [...times].flatMap(([entrant, seconds]) => (which(entrant) && seconds !== null ? [seconds] : []));
  return Math.min(...found);
}

/** Returns the targets of a case, with the reached values. */
export function targetsOf(name: CaseName, times: Times): Target[] {
  const ours = best(times, ({ contestant }) => contestant === "atoll");
  const bare = best(times, ({ contestant }) => contestant === "barePost" || contestant === "barePut");
  const checked = best(times, ({ contestant }) => contestant === "bareChecked");
  const wide = best(times, ({ contestant }) => contestant === "atollWide");
  const { times: wanted, tuned: anyUppy } = overUppy[name];
  const uppy = best(times, ({ contestant, tuned }) => contestant.startsWith("uppy") && (anyUppy || !tuned));
  const { title } = uploadCases[name];
  const reached = (ratio: number) => (Number.isFinite(ratio) ? ratio.toFixed(2) : "none");
  return [
    {
      text: `${title}: ≥ ${ofBareLoop} of the faster bare loop (${reached(bare / ours)})`,
      met: bare / ours >= ofBareLoop,
    },
    ...(Number.isFinite(checked)
      ? [
          {
            text: `${title}: ≥ ${ofBareLoop} of a bare loop whose files the storage verifies (${reached(checked / ours)})`,
            met: checked / ours >= ofBareLoop,
          },
        ]
      : []),
    ...(Number.isFinite(wide)
      ? [
          {
            text: `${title}: above the bare loop with six connections more (${reached(bare / wide)})`,
            met: wide < bare,
          },
        ]
      : []),
    {
      text: `${title}: ≥ ${wanted} × the best Uppy${anyUppy ? "" : " as documented"} (${reached(uppy / ours)})`,
      met: uppy / ours >= wanted,
    },
  ];
}

export type Added = { ms: number; longestMs: number; heapMegabytes: number };

export type AddedBy = ReadonlyMap<Entrant, Added>;

export function targetsOfAdding(name: AddingName, added: AddedBy): Target[] {
  const ours = [...added].find(([{ contestant }]) => contestant === "atoll")?.[1];
  const met = (limit: number, value = Number.POSITIVE_INFINITY) => value <= limit;
  const { title, disk } = addingCases[name];
  const quick = { text: `${title}: no task of more than 50 ms`, met: met(50, ours?.longestMs) };
  // For files on disk the browser takes most of the time: reading a size is a system call.
  return disk ? [quick] : [{ text: `${title} in ≤ 1 s`, met: met(1_000, ours?.ms) }, quick];
}

export function rowsOf(measured: ReadonlyMap<CaseName, Times>, added: ReadonlyMap<AddingName, AddedBy>): Row[] {
  return entrants.map((entrant) => {
    const times = [...measured.values()].map((of) => of.get(entrant) ?? null);
    const figures = times.map((value) => (value === null ? null : { value, unit: "s", digits: 2 }));
    return {
      name: entrant.name,
      figures: [...figures, ...[...added.values()].flatMap((of) => figuresOf(of.get(entrant)))],
    };
  });
}

function figuresOf(added: Added | undefined): Row["figures"] {
  if (!added) return [null, null, null];
  const { ms, longestMs, heapMegabytes } = added;
  return [
    { value: ms, unit: "ms" },
    { value: longestMs, unit: "ms" },
    { value: heapMegabytes, unit: "MB", digits: 1 },
  ];
}
