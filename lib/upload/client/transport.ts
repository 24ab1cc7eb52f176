import type { PostPolicy } from "../schema";
import type { PostFailure } from "./failures";

export type PostRequest = {
  readonly policy: PostPolicy;
  /** The whole object key: the policy's prefix and the file's path. */
  readonly key: string;
  readonly contentType: string;
  readonly file: Blob;
  readonly signal: AbortSignal;
  /** Bytes of the file handed to the network so far. */
  readonly onProgress: (sentBytes: number) => void;
};

/** `failure` null: the storage has the file. */
export type PostOutcome = { readonly failure: PostFailure | null };

/** Sends one file. Never rejects: an aborted post resolves with a network failure nobody listens to any more. */
export type Transport = (request: PostRequest) => Promise<PostOutcome>;

/** S3 puts the file's name wherever the key says this. */
const fileNameVariable = "$" + "{filename}";

/**
 * The form of a POST upload: S3 ignores whatever comes after the file
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html).
 */
export function formOf({ policy, key, contentType, file }: PostRequest): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(policy.fields)) {
    const lower = name.toLowerCase();
    if (lower !== "key" && lower !== "content-type" && lower !== "file") form.append(name, value);
  }
  form.append("key", key);
  form.append("Content-Type", contentType);
  // A path that happens to contain S3's variable is kept by naming the file the same; any other file needs no name here.
  form.append("file", file, key.includes(fileNameVariable) ? fileNameVariable : "file");
  return form;
}

/** Reads S3's answer. Some servers answer 200 and tell of the error in the body. */
export function outcomeOf(status: number, body: string, retryAfter: string | null): PostOutcome {
  const isError = /<Error[\s>]/.test(body);
  if (status >= 200 && status < 300 && !isError) return { failure: null };
  const retryAfterSeconds = retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : null;
  const code = isError ? textOf(body, "Code") : null;
  const message = isError ? textOf(body, "Message") : null;
  return { failure: { kind: "answer", status, code, message, retryAfterSeconds } };
}

function textOf(xml: string, element: "Code" | "Message"): string | null {
  return new RegExp(`<${element}>([^<]{1,500})</${element}>`).exec(xml)?.[1] ?? null;
}
