import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "@/lib/errors";
import type { Storage } from "@/lib/storage/client";
import type { Aspect, AspectContext, AspectName } from "./aspects/aspect";
import { isUnsupported } from "./aspects/aspect";
import { type AspectPlan, aspects, contextOf, planAspect, reasonOf, rethrowUnavailable } from "./plan";
import { insecureTransportSid } from "./policy";
import type { BucketSettings } from "./settings";

export type AspectResult = {
  aspect: AspectName;
  /** limited: as much of it as this endpoint can have, `detail` says what is missing. */
  state: "equal" | "changed" | "limited" | "unsupported" | "failed";
  detail: string | null;
};

// Bucket settings are eventually consistent on AWS: a change may be there and not yet seen.
const visibleWithinMs = 10_000;

/**
 * Makes a bucket as the settings say: creates it when it is missing, changes what differs, leaves alone what is right and what
 * is somebody else's, and reads again what it changed. Safe to run at every start; a bucket that is right costs eight small
 * reads. An aspect this endpoint does not have is reported as unsupported.
 *
 * Throws AppError UNAVAILABLE when the storage cannot be reached, INTERNAL when a required aspect (the bucket itself,
 * versioning, CORS, policy) could not be had, or when the settings refuse http and this storage is used by http; its message
 * is for the operator and names each.
 */
export async function applyBucket(storage: Storage, settings: BucketSettings): Promise<AspectResult[]> {
  requireReachable(storage, settings);
  const context = contextOf(storage, settings);
  const [existence, ...rest] = aspects;
  const results: AspectResult[] = [];
  if (existence) results.push(await applyAspect(existence, await planAspect(existence, context), context));
  failWhereRequired(settings.bucket, results);
  const plans = await Promise.all(rest.map((aspect) => planAspect(aspect, context)));
  // One at a time: S3 answers 409 OperationAborted to changes of one bucket that cross.
  for (const [index, aspect] of rest.entries()) {
    const plan = plans[index];
    if (plan) results.push(await applyAspect(aspect, plan, context));
  }
  failWhereRequired(settings.bucket, results);
  return results;
}

/** The site behind a proxy that ends TLS may itself use http: it would lock itself out of the bucket. */
function requireReachable({ config }: Storage, { policy }: BucketSettings): void {
  if (!config.endpoint?.startsWith("http:") || !policy.some(({ Sid }) => Sid === insecureTransportSid)) return;
  const message = `This site reaches its storage by http (${config.endpoint}), which the bucket's policy was about to refuse. Use an https S3_ENDPOINT, or settings that are not "secure".`;
  throw new AppError("INTERNAL", message);
}

async function applyAspect(aspect: Aspect, plan: AspectPlan, context: AspectContext): Promise<AspectResult> {
  const { name } = aspect;
  if (plan.state === "equal" || plan.state === "unsupported")
    return { aspect: name, state: plan.state, detail: plan.detail };
  if (plan.state === "unknown") return { aspect: name, state: "failed", detail: plan.detail };
  try {
    const limitation = await aspect.write(context);
    if (limitation) return { aspect: name, state: "limited", detail: limitation };
    const seen = await becomesEqual(aspect, context);
    if (seen) return { aspect: name, state: "changed", detail: seen.detail };
    return { aspect: name, state: "failed", detail: "The storage accepted the change but does not show it." };
  } catch (error) {
    rethrowUnavailable(error);
    const state = isUnsupported(error) ? "unsupported" : "failed";
    return { aspect: name, state, detail: reasonOf(error) };
  }
}

async function becomesEqual(aspect: Aspect, context: AspectContext): Promise<AspectPlan | null> {
  const deadline = Date.now() + visibleWithinMs;
  for (let pauseMs = 50; ; pauseMs *= 2) {
    const plan = await planAspect(aspect, context);
    if (plan.state === "equal") return plan;
    if (Date.now() + pauseMs > deadline) return null;
    await delay(pauseMs);
  }
}

function failWhereRequired(bucket: string, results: readonly AspectResult[]): void {
  const required = new Set(aspects.filter((aspect) => aspect.required).map((aspect) => aspect.name));
  const missing = results.filter(
    ({ aspect, state }) => required.has(aspect) && (state === "failed" || state === "unsupported"),
  );
  if (missing.length === 0) return;
  const reasons = missing.map(({ aspect, detail }) => `${aspect}: ${detail ?? "not known to this storage"}`);
  throw new AppError(
    "INTERNAL",
    `The bucket ${bucket} could not be set up. ${reasons.join(" ")} Nothing in it was touched; lib/infra/README.md has the settings and the permissions they need.`,
  );
}
