import { encodedForm, formOf } from "./form";
import { checksumHeader, outcomeOf, type Transport } from "./transport";
import { retryAfterOf, sendWatched } from "./watched-xhr";

/** Form POST by XMLHttpRequest. */
export const postByXhr: Transport = async (request) => {
  const { policy, file, sha256, bytes, quiet, signal, onProgress } = request;
  const encoded = bytes && encodedForm(request, bytes);
  const { xhr, stalled } = await sendWatched({
    method: "POST",
    url: policy.url,
    headers: encoded ? { "content-type": encoded.contentType } : {},
    body: encoded ? encoded.body : formOf(request),
    sizeBytes: file.size,
    signal,
    onProgress: quiet ? null : onProgress,
  });
  if (xhr.status === 0) return { failure: { kind: "network", stalled } };
  const { failure } = outcomeOf(xhr.status, xhr.responseText, retryAfterOf(xhr));
  return { failure, verified: failure === null && sha256 !== null && headersOf(xhr).includes(`${checksumHeader}:`) };
};

/** All readable headers: reading one that CORS does not expose logs an error on the console. */
function headersOf(xhr: XMLHttpRequest): string {
  return xhr.getAllResponseHeaders().toLowerCase();
}
