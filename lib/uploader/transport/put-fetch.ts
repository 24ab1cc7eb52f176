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
    // fetch rejects alike for every kind of missing answer; the engine retries and reports the failure in the end.
    return { failure: { kind: "network" }, etag: null };
  }
};
