import type { Digests } from "./file";

/** A job, or the number of one that is of use no more. */
export type HashMessage = HashJob | { readonly cancel: number };

export type HashJob = { readonly id: number; readonly kind: "digests" | "crc64nvme"; readonly body: Blob };

export type HashAnswer =
  | { readonly id: number; readonly value: Digests | string }
  /** `name` of what was thrown: NotReadableError for a file that changed or went away. */
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };
