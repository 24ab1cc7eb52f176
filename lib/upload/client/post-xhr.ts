import { formOf, outcomeOf, type Transport } from "./transport";

/** A connection on which nothing moved for so long is broken, whatever it says. */
const stallMs = 60_000;

/** Form POST by XMLHttpRequest: the only browser interface that reports how much of a body was sent. */
export const postByXhr: Transport = (request) =>
  new Promise((resolve) => {
    const { policy, file, signal, onProgress } = request;
    if (signal.aborted) {
      resolve({ failure: { kind: "network" } });
      return;
    }
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    let stalled = false;
    const watch = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => {
        stalled = true;
        xhr.abort();
      }, stallMs);
    };
    // The form around the file counts as sent, too: it is taken off at the front.
    xhr.upload.onprogress = ({ loaded, total }) => {
      watch();
      onProgress(Math.min(file.size, Math.max(0, loaded - Math.max(0, total - file.size))));
    };
    xhr.onloadend = () => {
      clearTimeout(watchdog);
      signal.removeEventListener("abort", abort);
      if (xhr.status === 0) resolve({ failure: { kind: "network", stalled } });
      // Asked for only where it matters: a browser complains on its console of a header it may not show.
      else resolve(outcomeOf(xhr.status, xhr.responseText, isBusy(xhr) ? xhr.getResponseHeader("retry-after") : null));
    };
    signal.addEventListener("abort", abort, { once: true });
    xhr.open("POST", policy.url);
    watch();
    xhr.send(formOf(request));
  });

function isBusy({ status }: XMLHttpRequest): boolean {
  return status === 429 || status === 503;
}
