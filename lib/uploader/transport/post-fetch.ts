import { encodedForm, formOf } from "./form";
import { checksumHeader, outcomeOf, type Transport } from "./transport";

/** Form POST by fetch, for where there is no XMLHttpRequest (Node): progress is all or nothing. */
export const postByFetch: Transport = async (request) => {
  try {
    const encoded = request.bytes && encodedForm(request, request.bytes);
    const response = await fetch(request.policy.url, {
      method: "POST",
      headers: encoded ? { "content-type": encoded.contentType } : {},
      body: encoded ? encoded.body : formOf(request),
      signal: request.signal,
      redirect: "error",
    });
    const outcome = outcomeOf(response.status, await response.text(), response.headers.get("retry-after"));
    if (outcome.failure !== null) return outcome;
    request.onProgress(request.file.size);
    return { ...outcome, verified: request.sha256 !== null && response.headers.has(checksumHeader) };
  } catch {
    // fetch rejects alike for every kind of missing answer; the engine retries and reports the failure in the end.
    return { failure: { kind: "network" } };
  }
};
