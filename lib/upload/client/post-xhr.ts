import { formOf, outcomeOf, type Transport } from "./transport";
import { retryAfterOf, sendWatched } from "./watched-xhr";

/** Form POST by XMLHttpRequest. */
export const postByXhr: Transport = async (request) => {
  const { policy, file, signal, onProgress } = request;
  const body = formOf(request);
  const sent = {
    method: "POST",
    url: policy.url,
    headers: {},
    body,
    sizeBytes: file.size,
    signal,
    onProgress,
  } as const;
  const { xhr, stalled } = await sendWatched(sent);
  if (xhr.status === 0) return { failure: { kind: "network", stalled } };
  return outcomeOf(xhr.status, xhr.responseText, retryAfterOf(xhr));
};
