import { type Draft, putFile } from "../../state/draft";
import type { UploadFile } from "../../state/file";
import { withPushed } from "../../state/queue";

/**
 * Cancels the file's registration under its path. While a call about it is in flight this waits for the answer
 * (`onBatchEnd`): two calls at once could arrive in either order.
 */
export function cancelRegistration<File extends UploadFile>(draft: Draft, file: File): File {
  if (!file.registered || file.inCall) return file;
  const { state } = draft;
  state.cancellations = withPushed(state.cancellations, file.path);
  return putFile(draft, { ...file, registered: false });
}

/** Notes that a call about the file has its answer or failed for good. */
export function onBatchEnd(draft: Draft, file: UploadFile): UploadFile {
  const free = putFile(draft, { ...file, inCall: false });
  return free.state === "canceled" ? cancelRegistration(draft, free) : free;
}
