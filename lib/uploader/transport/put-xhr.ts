import { headersOf, type PartTransport, partOutcomeOf } from "./transport";
import { retryAfterOf, sendWatched } from "./watched-xhr";

/** PUT of a part by XMLHttpRequest. The bucket's CORS rules must expose `ETag`. */
export const putByXhr: PartTransport = async (request) => {
  const { url, body, signal, onProgress } = request;
  // A slice has no type, so no Content-Type is sent: the URL was signed without one.
  const sent = {
    method: "PUT",
    url,
    headers: headersOf(request),
    body,
    sizeBytes: body.size,
    signal,
    onProgress,
  } as const;
  const { xhr, stalled } = await sendWatched(sent);
  if (xhr.status === 0) return { failure: { kind: "network", stalled }, etag: null };
  return partOutcomeOf(xhr.status, xhr.responseText, retryAfterOf(xhr), xhr.getResponseHeader("etag"));
};
