import type { FailureCode } from "./failures";
import type { UploadFile } from "./file";
import type { Vector } from "./vector";

// Chunks that did not change keep their identity: only the others are looked through again.
const known = new WeakMap<readonly UploadFile[], readonly UploadFile[]>();

function problemsOfChunk(chunk: readonly UploadFile[]): readonly UploadFile[] {
  const found = known.get(chunk) ?? chunk.filter(({ state }) => state === "failed" || state === "refused");
  known.set(chunk, found);
  return found;
}

export type ProblemGroup = { readonly code: FailureCode; readonly files: readonly UploadFile[] };

/** Files that failed or were refused, by cause; in the order in which the causes appear. */
export function problemsOf(files: Vector<UploadFile>): ProblemGroup[] {
  const groups = new Map<FailureCode, UploadFile[]>();
  for (const chunk of files.chunks) {
    for (const file of problemsOfChunk(chunk)) {
      if (!file.failure) continue;
      const group = groups.get(file.failure.code);
      if (group) group.push(file);
      else groups.set(file.failure.code, [file]);
    }
  }
  return [...groups].map(([code, list]) => ({ code, files: list }));
}
