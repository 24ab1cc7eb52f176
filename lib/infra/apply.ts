import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "@/lib/errors";
import type { Storage } from "@/lib/storage/client";
import { type BucketPermit, requirePermit } from "@/lib/storage/permit/permit";
import type { Aspect, AspectName, WriteContext } from "./aspects/aspect";
import { isUnsupported } from "./aspects/aspect";
import { type AspectPlan, aspects, contextOf, planAspect, reasonOf, rethrowUnavailable } from "./plan";
import { insecureTransportSid } from "./policy";
import type { BucketSettings } from "./settings";

export type AspectResult = {
  aspect: AspectName;
  /** limited: this endpoint supports only a part of the setting; `detail` says what is missing. */
  state: "equal" | "changed" | "limited" | "unsupported" | "failed";
  detail: string | null;
  /** The value before a change. */
  before: unknown;
  /** What endangers media and is not Atoll's to change. */
  dangers: readonly string[];
};

// Bucket settings are eventually consistent on AWS: a read may return the old value for a while.
const visibleWithinMs = 10_000;

/**
 * Applies settings to a bucket: creates it if missing, writes the aspects that differ, and reads them back. Rules and
 * statements that are not Atoll's stay. Idempotent; a bucket that needs no change costs eight small reads. Returns one result
 * per aspect; aspects this endpoint does not support are reported as unsupported.
 *
 * Throws AppError READ_ONLY when this database does not own the bucket; UNAVAILABLE when the storage cannot be reached;
 * INTERNAL when a required aspect (bucket, versioning, CORS, policy) failed, or when the settings refuse http and this site
 * uses http. The message is for the operator and names each.
 */
export async function applyBucket(
  permit: BucketPermit,
  storage: Storage,
  settings: BucketSettings,
): Promise<AspectResult[]> {
  requireReachable(storage, settings);
  const context = { ...contextOf(storage, settings), permit };
  const [existence, ...rest] = aspects;
  const results: AspectResult[] = [];
  if (existence) results.push(await applyAspect(existence, await planAspect(existence, context), context));
  requireResults(settings.bucket, results);
  const plans = await Promise.all(rest.map((aspect) => planAspect(aspect, context)));
  // One at a time: S3 responds 409 OperationAborted to concurrent changes of one bucket.
  for (const [index, aspect] of rest.entries()) {
    const plan = plans[index];
    if (plan) results.push(await applyAspect(aspect, plan, context));
  }
  requireResults(settings.bucket, results);
  return results;
}

/** Rejects a policy that refuses http when the site itself uses http, for example behind a proxy that terminates TLS. */
function requireReachable({ config }: Storage, { policy }: BucketSettings): void {
  if (!config.endpoint?.startsWith("http:") || !policy.some(({ Sid }) => Sid === insecureTransportSid)) return;
  const message = `This site reaches its storage by http (${config.endpoint}), which the bucket policy would refuse. The policy was not changed. Use an https S3_ENDPOINT, or settings that are not "secure".`;
  throw new AppError("INTERNAL", message);
}

async function applyAspect(aspect: Aspect, plan: AspectPlan, context: WriteContext): Promise<AspectResult> {
  const { current: before, dangers } = plan;
  const result = (state: AspectResult["state"], detail: string | null): AspectResult => {
    return { aspect: aspect.name, state, detail, before, dangers };
  };
  if (plan.state === "equal" || plan.state === "unsupported") return result(plan.state, plan.detail);
  if (plan.state === "unknown") return result("failed", plan.detail);
  await requirePermit(context.permit, context.storage);
  try {
    const limitation = await aspect.write(context);
    if (limitation) return result("limited", limitation);
    const applied = await waitUntilEqual(aspect, context);
    if (applied) return result("changed", applied.detail);
    return result("failed", "The storage accepted the change but does not return it.");
  } catch (error) {
    rethrowUnavailable(error);
    return result(isUnsupported(error) ? "unsupported" : "failed", reasonOf(error));
  }
}

async function waitUntilEqual(aspect: Aspect, context: WriteContext): Promise<AspectPlan | null> {
  const deadline = performance.now() + visibleWithinMs;
  for (let pauseMs = 50; ; pauseMs *= 2) {
    const plan = await planAspect(aspect, context);
    if (plan.state === "equal") return plan;
    if (performance.now() + pauseMs > deadline) return null;
    await delay(pauseMs);
  }
}

function requireResults(bucket: string, results: readonly AspectResult[]): void {
  const required = new Set(aspects.filter((aspect) => aspect.required).map((aspect) => aspect.name));
  const missing = results.filter(
    ({ aspect, state }) => required.has(aspect) && (state === "failed" || state === "unsupported"),
  );
  if (missing.length === 0) return;
  const reasons = missing.map(({ aspect, detail }) => `${aspect}: ${detail ?? "not supported by this storage"}`);
  throw new AppError(
    "INTERNAL",
    `The bucket ${bucket} could not be set up. ${reasons.join(" ")} Its objects were not changed. See lib/infra/README.md for the settings and the permissions they need.`,
  );
}
