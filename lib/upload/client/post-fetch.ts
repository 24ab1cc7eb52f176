import { formOf, outcomeOf, type Transport } from "./transport";

/** Form POST by fetch, for where there is no XMLHttpRequest (Node): progress is all or nothing. */
export const postByFetch: Transport = async (request) => {
  try {
    const response = await fetch(request.policy.url, {
      method: "POST",
      body: formOf(request),
      signal: request.signal,
      redirect: "error",
    });
    const outcome = outcomeOf(response.status, await response.text(), response.headers.get("retry-after"));
    if (outcome.failure === null) request.onProgress(request.file.size);
    return outcome;
  } catch {
    // fetch says the same for every way in which no answer came; the engine tries again and, at last, tells the person.
    return { failure: { kind: "network" } };
  }
};
