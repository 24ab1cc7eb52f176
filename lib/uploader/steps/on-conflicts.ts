import { type Draft, fileOf, setFile, toNaming, toReady, unknown } from "../state/draft";
import type { UploaderEvent } from "../state/events";
import type { UploadFile } from "../state/file";
import { cancel } from "./cancel-file";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

/** The collection has a file at this path: what the person chose for the whole drop is done, or waited for. */
export function meetConflict(draft: Draft, file: UploadFile): void {
  const { conflict } = draft.state;
  if (conflict === "skip") skip(draft, file);
  else {
    const asking = setFile(draft, file, { state: "asking" });
    if (conflict === "both") rename(draft, asking);
  }
}

function skip(draft: Draft, file: UploadFile): void {
  cancel(draft, setFile(draft, file, { state: "skipped", multipart: null, digests: null }));
  draft.effects.push({ type: "letGo", fileId: file.id });
}

/** Which names are free is known beside the state: the file waits for the answer. */
function rename(draft: Draft, file: UploadFile): void {
  draft.effects.push({ type: "rename", fileId: file.id, foundAs: file.foundAs ?? file.path });
}

/** For a file that was waiting for the person, who has chosen. */
export function decide(draft: Draft, file: UploadFile): void {
  const { conflict } = draft.state;
  if (conflict === "revision") toReady(draft, file);
  else if (conflict === "skip") skip(draft, file);
  else if (conflict === "both") rename(draft, file);
}

/** Under its own path it is a new file, which may be taken as well: it is named once more. */
export function onRenamed(draft: Draft, { fileId, path }: EventOf<"renamed">): void {
  const file = fileOf(draft, fileId);
  if (file?.state !== "asking") return;
  const { foundAs, digests } = file;
  toNaming(draft, cancel(draft, file), { ...unknown, digests, path, foundAs: foundAs ?? file.path });
}
