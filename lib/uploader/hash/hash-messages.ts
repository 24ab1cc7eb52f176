import type { Digests } from "../state/file";
import type { Hasher } from "./hasher";

/** A job, or the id of a job to cancel. */
export type HashMessage = HashJob | { readonly cancel: number };

export type HashJob = {
  readonly id: number;
  readonly kind: "digests" | "crc64nvme";
  readonly body: Blob;
  /** Only for digests. */
  readonly md5: boolean;
};

export type HashAnswer =
  | { readonly id: number; readonly value: Digests | string }
  /** `name` of the error: NotReadableError for a file that changed or was removed. */
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };

/** Runs a job. */
export function hashFor({ kind, body, md5 }: HashJob, hasher: Hasher, signal?: AbortSignal): Promise<Digests | string> {
  return kind === "digests" ? hasher.digests(body, { md5, ...(signal && { signal }) }) : hasher.crc64nvme(body, signal);
}
