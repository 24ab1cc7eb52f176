import type { CallFailure, PostFailure } from "@/lib/uploader/state/failures";

export const mib = 1024 * 1024;

export const digests = { sha256: "a".repeat(64), md5: "b".repeat(32) };

/** No answer of the storage. */
export const network: PostFailure = { kind: "network" };

/** An error the storage answers. */
export function answer(
  status: number,
  code: string | null,
  message: string | null = "",
  retryAfterSeconds: number | null = null,
): PostFailure {
  return { kind: "answer", status, code, message, retryAfterSeconds };
}

/** A call to the site that failed. */
export function callFailure(code: CallFailure["code"], message: string | null = null): CallFailure {
  return { code, message, retryAfterSeconds: null };
}
