import { isMoving, type UploaderStore } from "../state/state";

/**
 * Keeps the device awake while an upload moves (https://w3c.github.io/screen-wake-lock/): the browser gives the lock
 * back whenever the page is hidden, and it is asked for again when it is seen. Does nothing where there is no such thing
 * or the battery is low. Ends by itself with the upload; gives what ends it sooner.
 */
export function keepAwake(uploader: UploaderStore, page: Window = window): () => void {
  const { wakeLock } = page.navigator;
  if (!wakeLock) return () => undefined;
  let wanted = false;
  let held: WakeLockSentinel | null = null;
  let requesting = false;

  const request = async () => {
    if (!wanted || held || requesting || page.document.visibilityState !== "visible") return;
    requesting = true;
    try {
      const lock = await wakeLock.request("screen");
      lock.addEventListener("release", () => {
        if (held === lock) held = null;
      });
      if (wanted) held = lock;
      else await lock.release();
    } catch {
      // Refused: the upload goes on, the device sleeps when it likes.
    } finally {
      requesting = false;
    }
  };
  const follow = () => {
    const state = uploader.getSnapshot();
    wanted = isMoving(state);
    if (wanted) void request();
    else void held?.release();
    if (state.phase === "done" || state.phase === "aborted") detach();
  };
  const unsubscribe = uploader.subscribe(follow);
  const seen = () => void request();
  const detach = () => {
    wanted = false;
    unsubscribe();
    page.document.removeEventListener("visibilitychange", seen);
    void held?.release();
  };
  page.document.addEventListener("visibilitychange", seen);
  follow();
  return detach;
}
