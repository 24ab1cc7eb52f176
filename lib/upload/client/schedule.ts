import { type Draft, enqueue, halt, renewIfDue, seal, setFile } from "./draft";
import { ask } from "./on-calls";
import { giveUp } from "./on-files";
import { outstanding, type UploaderState, type UploadFile } from "./state";
import { itemAt } from "./vector";

/** After every event: what follows from the state as it is now. */
export function advance(draft: Draft): void {
  openWhenReady(draft);
  settle(draft);
  fill(draft);
}

/** The upload is opened once the folders are read: the server is told how much will come. */
function openWhenReady(draft: Draft): void {
  const { state } = draft;
  if (state.phase !== "idle" || state.adding > 0 || state.counts.queued === 0) return;
  state.phase = "opening";
  ask(draft, "open");
}

/** Every file has its end: without failures the upload is sealed by itself, else the person decides. */
function settle(draft: Draft): void {
  const { state } = draft;
  if (state.adding > 0 || outstanding(state) > 0) return;
  // Nothing is left to open the upload for.
  if (state.phase === "opening" && state.halted && state.counts.failed === 0) giveUp(draft);
  if (state.phase !== "uploading") return;
  if (state.halted && state.counts.failed === 0) halt(draft, null);
  if (state.counts.failed > 0 || !state.upload) return;
  if (state.counts.done === 0) {
    giveUp(draft);
    return;
  }
  seal(draft, state.upload.id);
}

function room(state: UploaderState): number {
  if (state.phase !== "uploading" || state.halted || !state.policy || state.policy.over) return 0;
  if (state.outage && !state.outage.probing) return 0;
  return (state.outage ? 1 : state.limit) - state.counts.posting;
}

function fill(draft: Draft): void {
  const { state } = draft;
  if (state.counts.queued > 0) renewIfDue(draft);
  for (let free = room(state); free > 0; free -= 1) {
    const file = takeNext(draft);
    if (!file) return;
    post(draft, file);
  }
}

/** Amortized constant: `nextFresh` only moves forward, and each number in `again` was put there by one event. */
function takeNext(draft: Draft): UploadFile | undefined {
  const { state } = draft;
  while (state.again.length > 0) {
    const file = itemAt(state.files, state.again[0] ?? 0);
    state.again = state.again.slice(1);
    if (file.state === "queued") return file;
  }
  while (state.nextFresh < state.files.size) {
    const file = itemAt(state.files, state.nextFresh);
    state.nextFresh += 1;
    if (file.state === "queued") return file;
  }
  return undefined;
}

function post(draft: Draft, file: UploadFile): void {
  const { policy, upload } = draft.state;
  if (!policy || !upload) {
    enqueue(draft, file);
    return;
  }
  const { generation, renewDue: _, over: __, ...bare } = policy;
  const { run } = setFile(draft, file, { state: "posting", sentBytes: 0, run: file.run + 1 });
  draft.effects.push({
    type: "post",
    fileId: file.id,
    run,
    key: upload.prefix + file.path,
    contentType: file.contentType,
    policy: bare,
    generation,
  });
}
