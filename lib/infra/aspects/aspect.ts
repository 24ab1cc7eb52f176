import type { Storage } from "@/lib/storage/client";
import type { BucketPermit } from "@/lib/storage/permit/permit";
import type { BucketSettings } from "../settings";

export type AspectName =
  | "bucket"
  | "ownership"
  | "publicAccess"
  | "acl"
  | "versioning"
  | "cors"
  | "policy"
  | "lifecycle";

/** The current and the wanted value of an aspect, as plain data that a person can compare. */
export type Reading = {
  state: "equal" | "differs" | "unsupported";
  current: unknown;
  wanted: unknown;
  /** A note for the operator. */
  detail?: string;
  /** What in the bucket endangers media although the aspect is as it should be: it is not Atoll's to change. */
  dangers?: readonly string[];
};

/** `storage.bucket` is the bucket of the settings. */
export type AspectContext = { storage: Storage; settings: BucketSettings };
/** What a write needs beside: only the bucket's owner changes its settings. */
export type WriteContext = AspectContext & { permit: BucketPermit };

/** One setting of a bucket. */
export type Aspect = {
  name: AspectName;
  /** Whether Atoll is unsafe or does not work without it. Then a failure stops the start; others are reported. */
  required: boolean;
  read(context: AspectContext): Promise<Reading>;
  /**
   * Writes the wanted value; called when `read` returned "differs". Returns a sentence for the operator when this endpoint
   * supports only a part, which was then written.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most return nothing
  write(context: WriteContext): Promise<string | void>;
};

/** Tells whether a server does not support a call: status 501 or 405, or Ceph's 400 for OwnershipControls. */
export function isUnsupported(error: unknown): boolean {
  const { name, status } = s3Error(error);
  return (
    status === 501 ||
    status === 405 ||
    ["NotImplemented", "XNotImplemented", "MethodNotAllowed", "UnsupportedOperation"].includes(name)
  );
}

/** Returns name and HTTP status of an SDK error; "" and 0 for other errors. */
export function s3Error(error: unknown): { name: string; status: number } {
  if (!(error instanceof Error)) return { name: "", status: 0 };
  const { $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  return { name: error.name, status: $metadata?.httpStatusCode ?? 0 };
}

/** Compares plain values, ignoring the order of keys and of lists of strings. */
export function sameData(a: unknown, b: unknown): boolean {
  return JSON.stringify(ordered(a)) === JSON.stringify(ordered(b));
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(ordered);
    return items.every((item) => typeof item === "string") ? items.sort() : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(
    entries.sort(([x], [y]) => (x < y ? -1 : 1)).map(([name, inner]) => [name, ordered(inner)]),
  );
}

/** Compares the current value with the wanted one. `current` is undefined if the server lacks the setting, null if not set. */
export function compare(current: unknown, wanted: unknown): Reading {
  if (current === undefined) return { state: "unsupported", current: null, wanted };
  return { state: sameData(current ?? [], wanted) ? "equal" : "differs", current, wanted };
}
