import { current, type Draft, push, putFile, takeFrom } from "../../state/draft";
import { allConnections } from "../../state/endpoints";
import type { UploaderEvent } from "../../state/events";
import { type FileIn, smallBytes, type UploadFile } from "../../state/file";
import { toHashed, toHashing, toQueued } from "../file/transitions";
import { sendUnlessTaken } from "./on-registered";

type EventOf<Type extends UploaderEvent["type"]> = Extract<UploaderEvent, { type: Type }>;

/** Files hashed ahead of their posts, for each connection: enough to keep it busy, few to read twice. */
const aheadPerConnection = 2;
/** Large files hashed at once: the second is read while the first is being checked by the site. */
const wholeAtOnce = 2;

/** Hashes files that are about to be posted, and files that the collection may have already. */
export function hashNext(draft: Draft): void {
  const { state } = draft;
  if (!state.hashes || state.phase !== "uploading" || state.halted || state.paused) return;
  while (state.hashedAhead < aheadPerConnection * allConnections(state.endpoints, state.share))
    if (!begin(draft, "hash")) break;
  while (state.hashedWhole < wholeAtOnce) if (!begin(draft, "hashWhole")) break;
}

function begin(draft: Draft, queue: "hash" | "hashWhole"): boolean {
  const file = takeFrom(draft, queue, waitsForHash);
  if (!file) return false;
  const { sizeBytes, lastModified } = file;
  const keep = file.state === "ready" && sizeBytes <= smallBytes;
  const { run } = toHashing(draft, file);
  const md5 = !(draft.state.verifies && draft.state.policy?.takesSha256);
  draft.effects.push({ type: "hash", fileId: file.id, run, sizeBytes, lastModified, md5, keep });
  return true;
}

function waitsForHash(file: UploadFile): file is FileIn<"ready" | "queued"> {
  if (file.state !== "ready" && file.state !== "queued") return false;
  const { digests, multipart, mayBeKnown } = file.known;
  return digests === null && (file.state === "ready" ? multipart === null : mayBeKnown);
}

export function onHashed(draft: Draft, event: EventOf<"hashed">): void {
  const file = current(draft, event, "hashing");
  if (!file) return;
  const { digests } = event;
  const { known } = file;
  if (known.mayBeKnown && digests) toQueued(draft, file, { known: { ...known, digests } });
  else if (known.mayBeKnown)
    sendUnlessTaken(draft, putFile(draft, { ...file, known: { ...known, mayBeKnown: false } }));
  else {
    // Without digests, too: files are sent even if the hasher does not work.
    toHashed(draft, file, { ...known, digests });
    if (digests) push(draft, "report", file.id);
  }
}
