import { answerMs, stallMs } from "./transport";

type Sent = {
  readonly method: "POST" | "PUT";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: FormData | Blob | Uint8Array<ArrayBuffer>;
  /** Of the file or part alone. */
  readonly sizeBytes: number;
  readonly signal: AbortSignal;
  /** null: nobody listens, which spares the browser a message a request, and across origins asking first. */
  readonly onProgress: ((sentBytes: number) => void) | null;
};

/** Whoever looks sees ten steps a second; a small file is through before the first one. */
const progressMs = 100;
/** From the first byte to the answer of what nobody watches: it may be slow, as long as it moves. */
const unwatchedMs = 3 * stallMs;

/**
 * A request by XMLHttpRequest, the only browser interface that reports how much of a body was sent. Resolves with the
 * finished request; with `stalled` or a status of 0 where no answer came.
 */
export function sendWatched(request: Sent): Promise<{ readonly xhr: XMLHttpRequest; readonly stalled: boolean }> {
  const { sizeBytes, signal, onProgress } = request;
  return new Promise((resolve) => {
    const xhr = new XMLHttpRequest();
    if (signal.aborted) {
      resolve({ xhr, stalled: false });
      return;
    }
    const abort = () => xhr.abort();
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    let stalled = false;
    const watch = (ms: number) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => {
        stalled = true;
        xhr.abort();
      }, ms);
    };
    let toldAt = performance.now();
    // The form around the file counts as sent, too: it is taken off at the front.
    const progressed = ({ loaded, total }: ProgressEvent) => {
      watch(loaded < total ? stallMs : answerMs(sizeBytes));
      const now = performance.now();
      if (loaded < total && now - toldAt < progressMs) return;
      toldAt = now;
      onProgress?.(Math.min(sizeBytes, Math.max(0, loaded - Math.max(0, total - sizeBytes))));
    };
    if (onProgress) xhr.upload.onprogress = progressed;
    xhr.onloadend = () => {
      clearTimeout(watchdog);
      signal.removeEventListener("abort", abort);
      resolve({ xhr, stalled });
    };
    signal.addEventListener("abort", abort, { once: true });
    xhr.open(request.method, request.url);
    for (const [name, value] of Object.entries(request.headers)) xhr.setRequestHeader(name, value);
    watch(onProgress ? stallMs : unwatchedMs);
    xhr.send(request.body);
  });
}

/** Asked for only where it matters: a browser complains on its console of a header it may not show. */
export function retryAfterOf(xhr: XMLHttpRequest): string | null {
  return xhr.status === 429 || xhr.status === 503 ? xhr.getResponseHeader("retry-after") : null;
}
