import type { Draft } from "../../state/draft";
import type { OnDisk } from "../../state/events";
import { failure } from "../../state/failures";
import { type FileIn, type PostingFile, type UnsettledFile, unhashed } from "../../state/file";
import { sizeFailure } from "../../state/preflight";
import { stopWork, toChecking, toFailed, toQueued } from "./transitions";

/** The storage has the file: compares it with the disk. */
export function recheck(draft: Draft, file: PostingFile | FileIn<"registering">): void {
  toChecking(draft, file);
  const checked = file.known.lastPost?.checked ?? false;
  draft.effects.push({ type: "recheck", fileId: file.id, run: file.run, checked });
}

/** Sends a changed file again, once. A file that changes again, or cannot be read, fails. */
export function restart(draft: Draft, file: UnsettledFile, onDisk: OnDisk): void {
  const { restarts } = file.attempts;
  const problem = onDisk === null || restarts > 0 ? failure("changed") : sizeFailure(onDisk.sizeBytes);
  if (problem || !onDisk) {
    toFailed(draft, file, problem ?? failure("changed"), { common: { exists: null }, known: unhashed });
    return;
  }
  stopWork(draft, file);
  const attempts = { ...file.attempts, restarts: restarts + 1 };
  toQueued(draft, file, { common: { ...onDisk, exists: null }, known: unhashed, attempts });
}
