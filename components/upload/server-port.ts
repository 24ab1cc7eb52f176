import type { z } from "zod";
import { AppError, type ErrorCode, errorStatus } from "@/lib/errors";
import { routes } from "@/lib/routes";
import type { UploadServer } from "@/lib/upload/client/server";
import { type OpenedUpload, type OpenUploadInput, postPolicy, uploadStatus } from "@/lib/upload/schema";

/** The server action that opens an upload, as a page passes it in. */
export type OpenUpload = (
  input: OpenUploadInput,
) => Promise<{ ok: true; value: OpenedUpload } | { ok: false; error: { code: ErrorCode; message: string } }>;

const callTimeoutMs = 30_000;
const lost = "The site gave an answer that makes no sense. Nothing is lost; please reload the page.";

/** The site as the uploader's server: opening is an action, the calls that run beside posts are plain requests. */
export function siteServer(collectionSlug: string, openUpload: OpenUpload): UploadServer {
  return {
    async open(request) {
      const result = await openUpload({ collectionSlug, ...request });
      if (!result) throw new AppError("INTERNAL", lost);
      if (!result.ok) throw new AppError(result.error.code, result.error.message);
      return result.value;
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

async function call(path: string, method: "GET" | "POST" | "PATCH", body?: unknown): Promise<unknown> {
  const response = await fetch(path, {
    method,
    cache: "no-store",
    headers: { accept: "application/json", ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(callTimeoutMs),
  });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw errorOf(response, answer);
}

function parse<Schema extends z.ZodType>(schema: Schema, answer: unknown): z.output<Schema> {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new AppError("INTERNAL", lost, { cause: parsed.error });
  return parsed.data;
}

function errorOf(response: Response, answer: unknown): AppError {
  const { detail } = (answer ?? {}) as { detail?: unknown };
  const message = typeof detail === "string" ? detail : lost;
  const retryAfter = response.headers.get("retry-after") ?? "";
  const options = /^\d+$/.test(retryAfter) ? { retryAfterSeconds: Number(retryAfter) } : {};
  return new AppError(codeOf(response.status), message, options);
}

/** A proxy in between answers 502 and 504: the site is away. */
function codeOf(status: number): ErrorCode {
  const codes = Object.keys(errorStatus) as ErrorCode[];
  const code = codes.find((one) => errorStatus[one] === status);
  if (code) return code;
  return status >= 500 ? "UNAVAILABLE" : "INVALID";
}
