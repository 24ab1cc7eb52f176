import { isBusy, type UploaderStore } from "../state/state";

/**
 * Attaches an uploader to its page: warns before the page is left while that would interrupt something, and reports
 * whether the browser is online. Ends with the upload; returns a function that ends it sooner.
 */
export function attachToPage(
  uploader: UploaderStore & { setOnline(online: boolean): void },
  page: Window = window,
): () => void {
  const warn = (event: BeforeUnloadEvent) => event.preventDefault();
  const online = () => uploader.setOnline(true);
  const offline = () => uploader.setOnline(false);
  // Only while needed: a page with this listener is not kept in the back/forward cache.
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
