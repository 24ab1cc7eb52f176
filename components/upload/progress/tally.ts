import type { UploadFile } from "@/lib/uploader/state/file";
import type { NoteCode } from "@/lib/uploader/state/notes";
import type { Vector } from "@/lib/uploader/state/vector";

type Tally = Readonly<Record<"heic" | "noPreview" | "taken" | "takenByOthers", number>>;

// Chunks that did not change keep their identity: only the others are counted again.
const known = new WeakMap<readonly UploadFile[], Tally>();

function tallyOfChunk(chunk: readonly UploadFile[]): Tally {
  const found = known.get(chunk);
  if (found) return found;
  const sent = chunk.filter(({ state }) => state !== "refused" && state !== "canceled");
  const tally = {
    heic: sent.filter(({ note }) => note === "heic").length,
    noPreview: sent.filter(({ note }) => note === "no-preview").length,
    taken: chunk.filter(({ exists }) => exists === "same" || exists === "other").length,
    takenByOthers: chunk.filter(({ exists }) => exists === "others").length,
  };
  known.set(chunk, tally);
  return tally;
}

/** Counts of files that do not follow from their states. */
export type FilesTally = {
  /** Those with a note, by note; only notes that some file has. */
  readonly notes: readonly { readonly note: NoteCode; readonly count: number }[];
  /** Files whose path the collection has, and those whose path belongs to another person's file. */
  readonly taken: number;
  readonly takenByOthers: number;
};

export function tallyOf(files: Vector<UploadFile>): FilesTally {
  const sum = { heic: 0, noPreview: 0, taken: 0, takenByOthers: 0 };
  for (const chunk of files.chunks) {
    const tally = tallyOfChunk(chunk);
    for (const name of Object.keys(sum) as (keyof Tally)[]) sum[name] += tally[name];
  }
  const notes = [
    { note: "heic", count: sum.heic },
    { note: "no-preview", count: sum.noPreview },
  ] as const;
  const { taken, takenByOthers } = sum;
  return { notes: notes.filter(({ count }) => count > 0), taken, takenByOthers };
}
