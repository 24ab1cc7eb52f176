import { isMoving, type UploaderStore } from "../state/state";

/**
 * Keeps the device awake while files move (https://w3c.github.io/screen-wake-lock/). The browser releases the lock when
 * the page is hidden; it is requested again when the page is visible. Does nothing without wake locks or on low battery.
 * Ends with the upload; returns a function that ends it sooner.
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
      // Refused: the upload continues until the device sleeps.
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
