import type { Storage } from "@/lib/storage/client";
import { storageError } from "@/lib/storage/errors";
import {
  type Aspect,
  type AspectContext,
  type AspectName,
  isUnsupported,
  type Reading,
  s3Error,
} from "./aspects/aspect";
import { bucket, versioning } from "./aspects/bucket";
import { policy } from "./aspects/policy";
import { acl, ownership, publicAccess } from "./aspects/privacy";
import { cors, lifecycle } from "./aspects/rules";
import type { BucketSettings } from "./settings";

/** In the order they are applied: access is closed first, then opened to the site. */
export const aspects: readonly Aspect[] = [bucket, ownership, publicAccess, acl, versioning, cors, policy, lifecycle];

export type AspectPlan = {
  aspect: AspectName;
  required: boolean;
  /** unknown: it could not be read; `detail` says why. */
  state: "equal" | "differs" | "unsupported" | "unknown";
  current: unknown;
  wanted: unknown;
  detail: string | null;
  /** What endangers media and is not Atoll's to change. */
  dangers: readonly string[];
};

/** Returns the context of a bucket's aspects. */
export function contextOf(storage: Storage, settings: BucketSettings): AspectContext {
  return { storage: { ...storage, bucket: settings.bucket }, settings };
}

/**
 * Compares every aspect of a bucket with the settings; changes nothing. In a missing bucket, all aspects differ.
 * Throws AppError UNAVAILABLE when the storage cannot be reached.
 */
export async function planBucket(storage: Storage, settings: BucketSettings): Promise<AspectPlan[]> {
  const context = contextOf(storage, settings);
  const existence = await planAspect(bucket, context);
  const missing = existence.state !== "equal";
  const rest = aspects.filter((aspect) => aspect !== bucket);
  if (missing) return [existence, ...rest.map((aspect) => unread(aspect, existence))];
  return [existence, ...(await Promise.all(rest.map((aspect) => planAspect(aspect, context))))];
}

function unread({ name, required }: Aspect, { state }: AspectPlan): AspectPlan {
  const known = state === "differs" ? "differs" : "unknown";
  return {
    aspect: name,
    required,
    state: known,
    current: null,
    wanted: null,
    detail: "The bucket cannot be read.",
    dangers: [],
  };
}

/** Compares one aspect with the settings. Throws AppError UNAVAILABLE; other errors of the storage are part of the plan. */
export async function planAspect(aspect: Aspect, context: AspectContext): Promise<AspectPlan> {
  const { name, required } = aspect;
  const reading = await readAspect(aspect, context);
  return { aspect: name, required, detail: null, dangers: [], ...reading };
}

async function readAspect(
  aspect: Aspect,
  context: AspectContext,
): Promise<Reading | Pick<AspectPlan, "state" | "current" | "wanted" | "detail">> {
  try {
    return await aspect.read(context);
  } catch (error) {
    rethrowUnavailable(error);
    const state = isUnsupported(error) ? "unsupported" : "unknown";
    return { state, current: null, wanted: null, detail: reasonOf(error) };
  }
}

/** Throws AppError UNAVAILABLE if the error means that; else returns. */
export function rethrowUnavailable(error: unknown): void {
  const converted = storageError(error);
  // 501 means that the call is not supported, not an outage.
  if (converted.code === "UNAVAILABLE" && !isUnsupported(error)) throw converted;
}

/** Returns the storage's error as one line for the operator. */
export function reasonOf(error: unknown): string {
  const { name, status } = s3Error(error);
  const message = error instanceof Error ? error.message : String(error);
  if (status === 0) return message;
  return message === "" || message === "UnknownError" ? `${name} (${status})` : `${name} (${status}): ${message}`;
}
