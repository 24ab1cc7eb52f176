import { normalizePath } from "@/lib/path/policy";
import { type Draft, fileOf } from "../../state/draft";
import type { UploaderEvent } from "../../state/events";
import { type FileIn, type Taken, type UnsettledFile, unhashed } from "../../state/file";
import { choiceAt } from "../../state/state";
import { cancelRegistration } from "../file/cancel-file";
import { toConflict, toQueued, toReady, toSkipped } from "../file/transitions";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

/** The collection has a file at this path: applies the person's choice for the whole upload, or waits for it. */
export function handleConflict(draft: Draft, file: UnsettledFile, taken: Taken): void {
  const choice = choiceAt(draft.state, taken);
  if (choice === "revision") toReady(draft, file);
  else if (choice === "skip") skip(draft, file);
  else {
    const waiting = toConflict(draft, file, taken);
    if (choice === "both") rename(draft, waiting);
  }
}

function skip(draft: Draft, file: UnsettledFile): void {
  cancelRegistration(draft, toSkipped(draft, file));
  draft.effects.push({ type: "releaseFile", fileId: file.id });
}

/** Requests a free path. Which paths are free is known outside of the state. */
function rename(draft: Draft, file: FileIn<"conflict">): void {
  draft.effects.push({ type: "rename", fileId: file.id, foundAs: normalizePath(file.foundAs ?? file.path) });
}

/** Applies the choice to a file that was waiting for it. */
export function decide(draft: Draft, file: FileIn<"conflict">): void {
  const choice = choiceAt(draft.state, file.exists);
  if (choice === "revision") toReady(draft, file);
  else if (choice === "skip") skip(draft, file);
  else if (choice === "both") rename(draft, file);
}

/** Registers the file under its new path, which may be taken in the collection as well. */
export function onRenamed(draft: Draft, { fileId, path }: EventOf<"renamed">): void {
  const file = fileOf(draft, fileId);
  if (file?.state !== "conflict") return;
  const foundAs = file.foundAs ?? file.path;
  const known = { ...unhashed, digests: file.known.digests };
  toQueued(draft, cancelRegistration(draft, file), { common: { path, foundAs, exists: null }, known });
}
