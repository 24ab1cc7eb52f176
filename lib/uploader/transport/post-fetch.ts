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
    // fetch says the same for every way in which no answer came; the engine tries again and, at last, tells the person.
    return { failure: { kind: "network" } };
  }
};
