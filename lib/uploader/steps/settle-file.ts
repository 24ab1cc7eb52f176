import { type Draft, fail, interrupt, setFile, toNaming, unknown } from "../state/draft";
import type { Look } from "../state/events";
import { failure } from "../state/failures";
import type { UploadFile } from "../state/file";
import { rewound } from "../state/multipart";
import { sizeFailure } from "../state/preflight";
import { emptyVector } from "../state/vector";

/** The storage has what was posted: whether that is what is on the disk is looked up. */
export function arrived(draft: Draft, file: UploadFile): void {
  const { id: fileId, run, checked, sizeBytes } = file;
  setFile(draft, file, { state: "checking", sentBytes: sizeBytes, failures: 0, failingSince: null });
  draft.effects.push({ type: "look", fileId, run, checked });
}

/** It is there, whole and as it is on the disk. */
export function settleDone(draft: Draft, file: UploadFile): void {
  const tell = file.digests !== null && !file.reported;
  // Of the parts nobody needs to know any more.
  const multipart = file.multipart && { ...rewound(file.multipart), etags: emptyVector, crcs: emptyVector };
  // Until a call that tells of them has its answer, they may have to be told again.
  const settled = { state: "done", failure: null, retryAt: null, multipart } as const;
  setFile(draft, file, { ...settled, ...(!tell && !file.asked && { digests: null }) });
  draft.effects.push({ type: "letGo", fileId: file.id });
}

/** Once with the new bytes; a file that goes on changing, or cannot be read, is reported. */
export function restart(draft: Draft, file: UploadFile, look: Look): void {
  const problem = look === null || file.restarts > 0 ? failure("changed") : sizeFailure(look.sizeBytes);
  const still = interrupt(draft, file);
  if (problem || !look) {
    const failed = setFile(draft, still, unknown);
    fail(draft, failed, problem ?? failure("changed"));
  } else toNaming(draft, still, { ...look, ...unknown, restarts: file.restarts + 1 });
}
