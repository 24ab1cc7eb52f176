import { type Draft, fileOf } from "../state/draft";
import type { UploaderEvent } from "../state/events";
import { type FileIn, type UnsettledFile, unhashed } from "../state/file";
import { cancelRegistration } from "./cancel-file";
import { toConflict, toQueued, toReady, toSkipped } from "./transitions";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

/** The collection has a file at this path: the person's choice for the whole drop is applied, or waited for. */
export function handleConflict(draft: Draft, file: UnsettledFile, exists: "same" | "other"): void {
  const { conflict } = draft.state;
  if (conflict === "skip") skip(draft, file);
  else {
    const waiting = toConflict(draft, file, exists);
    if (conflict === "both") rename(draft, waiting);
  }
}

function skip(draft: Draft, file: UnsettledFile): void {
  cancelRegistration(draft, toSkipped(draft, file));
  draft.effects.push({ type: "releaseFile", fileId: file.id });
}

/** Which paths are free is known beside the state: the file waits for the answer. */
function rename(draft: Draft, file: FileIn<"conflict">): void {
  draft.effects.push({ type: "rename", fileId: file.id, foundAs: file.foundAs ?? file.path });
}

/** Applies the choice to a file that was waiting for it. */
export function decide(draft: Draft, file: FileIn<"conflict">): void {
  const { conflict } = draft.state;
  if (conflict === "revision") toReady(draft, file);
  else if (conflict === "skip") skip(draft, file);
  else if (conflict === "both") rename(draft, file);
}

/** Under its own path it is a new file, which may be taken as well: it is registered once more. */
export function onRenamed(draft: Draft, { fileId, path }: EventOf<"renamed">): void {
  const file = fileOf(draft, fileId);
  if (file?.state !== "conflict") return;
  const foundAs = file.foundAs ?? file.path;
  const known = { ...unhashed, digests: file.known.digests };
  toQueued(draft, cancelRegistration(draft, file), { common: { path, foundAs, exists: null }, known });
}
