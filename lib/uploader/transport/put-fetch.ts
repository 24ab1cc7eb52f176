import { headersOf, type PartTransport, partOutcomeOf } from "./transport";

/** PUT of a part by fetch, for where there is no XMLHttpRequest (Node): progress is all or nothing. */
export const putByFetch: PartTransport = async (request) => {
  const { url, body, signal } = request;
  try {
    const headers = headersOf(request);
    const response = await fetch(url, { method: "PUT", body, headers, signal, redirect: "error" });
    const retryAfter = response.headers.get("retry-after");
    const etag = response.headers.get("etag");
    const outcome = partOutcomeOf(response.status, await response.text(), retryAfter, etag);
    if (outcome.failure === null) request.onProgress(body.size);
    return outcome;
  } catch {
    // fetch says the same for every way in which no answer came; the engine tries again and, at last, tells the person.
    return { failure: { kind: "network" }, etag: null };
  }
};
