import { type Draft, setFile } from "../state/draft";
import type { UploadFile } from "../state/file";
import { withPushed } from "../state/queue";

/**
 * Takes back what the server was told of a file under its path. While a call that tells of it is on its way this waits
 * for the answer (`onBatchEnd`): the two could change places on the wire.
 */
export function cancel(draft: Draft, file: UploadFile): UploadFile {
  if (!file.named || file.asked) return file;
  const { state } = draft;
  state.cancellations = withPushed(state.cancellations, file.path);
  return setFile(draft, file, { named: false });
}

/** A call that told of the file has its answer, or is given up. */
export function onBatchEnd(draft: Draft, file: UploadFile): UploadFile {
  const free = setFile(draft, file, { asked: false });
  return free.state === "canceled" ? cancel(draft, free) : free;
}
