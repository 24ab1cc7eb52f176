import type { Env } from "@/lib/env";
import { toAppError } from "@/lib/errors";
import type { AspectPlan } from "@/lib/infra/plan";
import { standingText } from "@/lib/owner/policy";
import { aspectNames, readBucketPlan } from "../bucket-plan";
import type { KeyPair } from "../start/store";

/** unknown: it could not be read, or the storage does not have it and Atoll works without it. */
type Result = "pass" | "fail" | "unknown";
type Check = Pick<AspectPlan, "detail" | "dangers" | "current" | "wanted"> & {
  aspect: AspectPlan["aspect"] | "owner";
  result: Result;
};

/**
 * Prints how the bucket differs from the settings, what endangers its files, and whether this database owns it. Returns 1 where
 * something fails, else 0.
 */
export async function checkBucket(env: Env, isJson: boolean, operator?: KeyPair): Promise<number> {
  const plans = await readBucketPlan(env, operator);
  const checks = [...plans.map(toCheck), await checkOwner()];
  console.log(isJson ? JSON.stringify({ bucket: env.S3_BUCKET, checks }) : textOf(env.S3_BUCKET, checks));
  return checks.some(({ result }) => result === "fail") ? 1 : 0;
}

/** Returns what a check says of one aspect. A danger fails although the aspect itself is as it should be. */
function toCheck({ aspect, required, state, current, wanted, detail, dangers }: AspectPlan): Check {
  const said = { aspect, detail: detail ?? defaultDetail[state], dangers, current, wanted };
  if (dangers.length > 0 || state === "differs") return { ...said, result: "fail" };
  if (state === "unsupported") return { ...said, result: required ? "fail" : "unknown" };
  return { ...said, result: state === "equal" ? "pass" : "unknown" };
}

/** Tells whether this database owns the bucket: where it does not, the site takes no uploads. Claims nothing. */
async function checkOwner(): Promise<Check> {
  const { readOwner } = await import("@/lib/owner/look");
  const said = { aspect: "owner", dangers: [], wanted: "owner" } as const;
  try {
    const { standing } = await readOwner();
    if (standing === "owner") return { ...said, result: "pass", detail: null, current: standing };
    // Until the site's first start.
    const result = standing === "unclaimed" ? "unknown" : "fail";
    return { ...said, result, detail: standingText(standing), current: standing };
  } catch (error) {
    return { ...said, result: "unknown", detail: toAppError(error).message, current: null };
  }
}

const defaultDetail: Record<AspectPlan["state"], string | null> = {
  equal: null,
  differs: "Differs from what this site needs. A start of the site (atoll up) that owns the bucket sets it.",
  unsupported: "This storage does not support it.",
  unknown: "It could not be read.",
};

function textOf(bucket: string, checks: readonly Check[]): string {
  const lines = checks.flatMap(({ aspect, result, detail, dangers }) => [
    `${result.padEnd(8)}${aspect === "owner" ? "owner" : aspectNames[aspect]}${detail === null ? "" : `: ${detail}`}`,
    ...dangers.map((danger) => `        DANGER: ${danger}`),
  ]);
  return [`Bucket ${bucket}`, ...lines].join("\n");
}
