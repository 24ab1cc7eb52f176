import { answerMs, stallMs } from "./transport";

type Sent = {
  readonly method: "POST" | "PUT";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: FormData | Blob | Uint8Array<ArrayBuffer>;
  /** Of the file or part, without the form around it. */
  readonly sizeBytes: number;
  readonly signal: AbortSignal;
  /** null: no listener, which saves a message for each step and, across origins, a preflight. */
  readonly onProgress: ((sentBytes: number) => void) | null;
};

/** Progress is reported at most ten times a second. */
const progressMs = 100;
/** The limit for a whole request without progress events. */
const unwatchedMs = 3 * stallMs;

/**
 * Sends a request by XMLHttpRequest, the only browser interface that reports upload progress. Resolves with the finished
 * request; without an answer its status is 0, and `stalled` says whether it made no progress.
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
    let reportedAt = performance.now();
    // The form around the file counts as sent, too: it is subtracted.
    const progressed = ({ loaded, total }: ProgressEvent) => {
      watch(loaded < total ? stallMs : answerMs(sizeBytes));
      const now = performance.now();
      if (loaded < total && now - reportedAt < progressMs) return;
      reportedAt = now;
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

/** Read only where it matters: reading a header that CORS does not expose logs an error on the console. */
export function retryAfterOf(xhr: XMLHttpRequest): string | null {
  return xhr.status === 429 || xhr.status === 503 ? xhr.getResponseHeader("retry-after") : null;
}
