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

/** In the order they are applied: closed first, opened to the site afterwards. */
export const aspects: readonly Aspect[] = [bucket, ownership, publicAccess, acl, versioning, cors, policy, lifecycle];

export type AspectPlan = {
  aspect: AspectName;
  required: boolean;
  /** unknown: it could not be read, `detail` says why. */
  state: "equal" | "differs" | "unsupported" | "unknown";
  current: unknown;
  wanted: unknown;
  detail: string | null;
};

export function contextOf(storage: Storage, settings: BucketSettings): AspectContext {
  return { storage: { ...storage, bucket: settings.bucket }, settings };
}

/**
 * Each aspect of a bucket as it is against what it should be; changes nothing. For a bucket that is not there yet, all differ.
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
  const unread = state === "differs" ? "differs" : "unknown";
  return { aspect: name, required, state: unread, current: null, wanted: null, detail: "There is no bucket to read." };
}

/** One aspect. Throws AppError UNAVAILABLE only: everything else the storage says is part of the plan. */
export async function planAspect(aspect: Aspect, context: AspectContext): Promise<AspectPlan> {
  const { name, required } = aspect;
  const reading = await readAspect(aspect, context);
  return { aspect: name, required, detail: null, ...reading };
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

export function rethrowUnavailable(error: unknown): void {
  const converted = storageError(error);
  // 501 is an answer, not an outage.
  if (converted.code === "UNAVAILABLE" && !isUnsupported(error)) throw converted;
}

/** What the storage said, in a line for the operator. */
export function reasonOf(error: unknown): string {
  const { name, status } = s3Error(error);
  const message = error instanceof Error ? error.message : String(error);
  if (status === 0) return message;
  return message === "" || message === "UnknownError" ? `${name} (${status})` : `${name} (${status}): ${message}`;
}
