import type { Env } from "@/lib/env";
import type { AspectPlan } from "@/lib/infra/plan";
import { aspectNames, readBucketPlan } from "../bucket-plan";
import type { KeyPair } from "../start/store";

/** unknown: it could not be read, or the storage does not have it and Atoll works without it. */
type Result = "pass" | "fail" | "unknown";
type Check = Pick<AspectPlan, "aspect" | "detail" | "dangers" | "current" | "wanted"> & { result: Result };

/** Prints how the bucket differs from the settings, and what endangers its files. Returns 1 where something fails, else 0. */
export async function checkBucket(env: Env, isJson: boolean, operator?: KeyPair): Promise<number> {
  const plans = await readBucketPlan(env, operator);
  const checks = plans.map(toCheck);
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

const defaultDetail: Record<AspectPlan["state"], string | null> = {
  equal: null,
  differs: "Differs from what this site needs. A start of the site (atoll up) that owns the bucket sets it.",
  unsupported: "This storage does not support it.",
  unknown: "It could not be read.",
};

function textOf(bucket: string, checks: readonly Check[]): string {
  const lines = checks.flatMap(({ aspect, result, detail, dangers }) => [
    `${result.padEnd(8)}${aspectNames[aspect]}${detail === null ? "" : `: ${detail}`}`,
    ...dangers.map((danger) => `        DANGER: ${danger}`),
  ]);
  return [`Bucket ${bucket}`, ...lines].join("\n");
}
