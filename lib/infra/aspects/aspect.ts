import type { Storage } from "@/lib/storage/client";
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

/** What an aspect is now against what it should be; both as the plain data a person compares. */
export type Reading = {
  state: "equal" | "differs" | "unsupported";
  current: unknown;
  wanted: unknown;
  /** What the operator should know of it besides. */
  detail?: string;
};

/** `storage.bucket` is the settings' bucket. */
export type AspectContext = { storage: Storage; settings: BucketSettings };

export type Aspect = {
  name: AspectName;
  /** Without it Atoll is not safe or does not work: failing here stops the start. Others are reported. */
  required: boolean;
  read(context: AspectContext): Promise<Reading>;
  /**
   * Makes it as wanted; called when `read` says that it differs. Gives a sentence when this endpoint can only have a part of
   * it, which is then what it has.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most have nothing to say
  write(context: AspectContext): Promise<string | void>;
};

/** How a server says that it does not know a call: 501, 405, and Ceph's 400 for OwnershipControls. */
export function isUnsupported(error: unknown): boolean {
  const { name, status } = s3Error(error);
  return (
    status === 501 ||
    status === 405 ||
    ["NotImplemented", "XNotImplemented", "MethodNotAllowed", "UnsupportedOperation"].includes(name)
  );
}

/** The name and the HTTP status of an SDK error; empty and 0 for anything else. */
export function s3Error(error: unknown): { name: string; status: number } {
  if (!(error instanceof Error)) return { name: "", status: 0 };
  const { $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  return { name: error.name, status: $metadata?.httpStatusCode ?? 0 };
}

/** Compares two plain values whatever the order of keys; lists of texts compare as sets. */
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

/** What is there against what should be: undefined is a server that does not have the setting, null that nothing is set. */
export function compare(current: unknown, wanted: unknown): Reading {
  if (current === undefined) return { state: "unsupported", current: null, wanted };
  return { state: sameData(current ?? [], wanted) ? "equal" : "differs", current, wanted };
}
