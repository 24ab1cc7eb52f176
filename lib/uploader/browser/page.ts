import { isBusy, type UploaderStore } from "../state/state";

/**
 * Ties an uploader to the page it runs in: asks before the page is left while that would interrupt something, and tells
 * the uploader of the network's comings and goings. Ends by itself with the upload; gives what ends it sooner.
 */
export function attachToPage(
  uploader: UploaderStore & { setOnline(online: boolean): void },
  page: Window = window,
): () => void {
  const warn = (event: BeforeUnloadEvent) => event.preventDefault();
  const online = () => uploader.setOnline(true);
  const offline = () => uploader.setOnline(false);
  // The listener is there only while needed: a page that has one cannot be kept for "back".
  let warning = false;
  const follow = () => {
    const state = uploader.getSnapshot();
    if (state.phase === "done" || state.phase === "aborted") {
      detach();
      return;
    }
    const busy = isBusy(state);
    if (busy !== warning) page[busy ? "addEventListener" : "removeEventListener"]("beforeunload", warn);
    warning = busy;
  };
  const unsubscribe = uploader.subscribe(follow);
  const detach = () => {
    unsubscribe();
    page.removeEventListener("beforeunload", warn);
    page.removeEventListener("online", online);
    page.removeEventListener("offline", offline);
  };
  page.addEventListener("online", online);
  page.addEventListener("offline", offline);
  if (!page.navigator.onLine) offline();
  follow();
  return detach;
}
