import type { FailureCode } from "./failures";
import type { FileIn, UploadFile } from "./file";
import type { Vector } from "./vector";

// Chunks that did not change keep their identity: only the others are searched again.
const known = new WeakMap<readonly UploadFile[], readonly ProblemFile[]>();

export type ProblemFile = FileIn<"failed" | "refused">;

function isProblem(file: UploadFile): file is ProblemFile {
  return file.state === "failed" || file.state === "refused";
}

function problemsOfChunk(chunk: readonly UploadFile[]): readonly ProblemFile[] {
  const found = known.get(chunk) ?? chunk.filter(isProblem);
  known.set(chunk, found);
  return found;
}

export type ProblemGroup = { readonly code: FailureCode; readonly files: readonly ProblemFile[] };

/** Files that failed or were refused, by cause; in the order in which the causes appear. */
export function problemsOf(files: Vector<UploadFile>): ProblemGroup[] {
  const groups = new Map<FailureCode, ProblemFile[]>();
  for (const chunk of files.chunks) {
    for (const file of problemsOfChunk(chunk)) {
      const group = groups.get(file.failure.code);
      if (group) group.push(file);
      else groups.set(file.failure.code, [file]);
    }
  }
  return [...groups].map(([code, list]) => ({ code, files: list }));
}
