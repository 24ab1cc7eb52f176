import type { z } from "zod";
import { AppError, type ErrorCode, errorStatus, problemType } from "@/lib/errors";
import { routes } from "@/lib/routes";
import { filesAnswer, openedUpload, type PostPolicy, partUrls, postPolicy, uploadStatus } from "@/lib/upload/schema";
import type { UploadServer } from "./server";

const callTimeoutMs = 30_000;
/** Completing 10,000 parts takes the storage minutes. */
const completeTimeoutMs = 5 * 60_000;
const unexpected = "The site returned an unexpected response. Try again.";

/**
 * The uploader's port to the site's HTTP API. Opening is a plain request, too: a server action is dropped when the
 * person navigates meanwhile.
 */
export function siteServer(collectionSlug: string): UploadServer {
  let lastOpen: { body: string; key: string } | null = null;
  return {
    open: async (request) => {
      // The same request again is the same upload: a lost answer leaves no empty one behind.
      const body = JSON.stringify(request);
      if (lastOpen?.body !== body) lastOpen = { body, key: newKey() };
      const options = { headers: { "idempotency-key": lastOpen.key } };
      return parse(openedUpload, await call(routes.api.uploads(collectionSlug), "POST", request, options));
    },
    async resume(uploadId) {
      const status = parse(uploadStatus, await call(routes.api.upload(uploadId), "GET"));
      if (status.state !== "open") return { status, policy: null, prefix: "" };
      const policy = parse(postPolicy, await call(routes.api.uploadPolicy(uploadId), "POST"));
      return { status, policy, prefix: prefixOf(policy) };
    },
    files: async (uploadId, files) =>
      parse(filesAnswer, await call(routes.api.uploadFiles(uploadId), "POST", { files })).files,
    registerChecksums: async (uploadId, files) => {
      await call(routes.api.uploadFiles(uploadId), "PATCH", { files });
    },
    parts: async (uploadId, input) => parse(partUrls, await call(routes.api.uploadParts(uploadId), "POST", input)),
    complete: async (uploadId, input) => {
      await call(routes.api.uploadComplete(uploadId), "POST", input, { timeoutMs: completeTimeoutMs });
    },
    cancel: async (uploadId, paths) => {
      await call(routes.api.uploadFiles(uploadId), "DELETE", { paths });
    },
    renewPolicy: async (uploadId) => parse(postPolicy, await call(routes.api.uploadPolicy(uploadId), "POST")),
    seal: async (uploadId) => {
      await call(routes.api.upload(uploadId), "PATCH", { state: "sealed" });
    },
    abort: async (uploadId) => {
      await call(routes.api.upload(uploadId), "PATCH", { state: "aborted" });
    },
    status: async (uploadId) => parse(uploadStatus, await call(routes.api.upload(uploadId), "GET")),
  };
}

/** The policy's key is the prefix, followed by S3's variable for the file's name. */
function prefixOf({ fields }: PostPolicy): string {
  return (fields.key ?? "").replace(/\$\{filename\}$/, "");
}

/** Not randomUUID: it exists only in secure contexts. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join("-");
}

async function call(
  path: string,
  method: "GET" | "POST" | "PATCH" | "DELETE",
  body?: unknown,
  { timeoutMs = callTimeoutMs, headers = {} }: { timeoutMs?: number; headers?: Record<string, string> } = {},
): Promise<unknown> {
  const response = await fetch(path, {
    method,
    cache: "no-store",
    headers: {
      accept: "application/json",
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw errorOf(response, answer);
}

function parse<Schema extends z.ZodType>(schema: Schema, answer: unknown): z.output<Schema> {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new AppError("INTERNAL", unexpected, { cause: parsed.error });
  return parsed.data;
}

function errorOf(response: Response, answer: unknown): AppError {
  const { detail, type } = (answer ?? {}) as { detail?: unknown; type?: unknown };
  const message = typeof detail === "string" ? detail : unexpected;
  const retryAfter = response.headers.get("retry-after") ?? "";
  const options = /^\d+$/.test(retryAfter) ? { retryAfterSeconds: Number(retryAfter) } : {};
  return new AppError(codeOf(response.status, type), message, options);
}

/** By the problem's type, of which a status may have several. A proxy answers 502 and 504 if the site is unreachable. */
function codeOf(status: number, type: unknown): ErrorCode {
  const codes = (Object.keys(errorStatus) as ErrorCode[]).filter((one) => errorStatus[one] === status);
  const code = codes.find((one) => type === problemType(one)) ?? codes[0];
  if (code) return code;
  return status >= 500 ? "UNAVAILABLE" : "INVALID";
}
