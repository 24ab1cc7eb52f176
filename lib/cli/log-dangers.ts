import type { Logger } from "pino";
import type { Env } from "@/lib/env";
import { aspectNames, readBucketPlan } from "./bucket-plan";
import type { KeyPair } from "./start/store";

/** Logs what endangers the bucket's files. A storage that is away, or refuses this key its settings, stops no start. */
export async function logDangers(env: Env, logger: Logger, operator?: KeyPair): Promise<void> {
  try {
    const plans = await readBucketPlan(env, operator);
    for (const danger of plans.flatMap(({ dangers }) => dangers)) logger.warn(`DANGER: ${danger}`);
    const unread = plans.filter(({ state }) => state === "unknown").map(({ aspect }) => aspectNames[aspect]);
    if (unread.length === 0) return;
    logger.warn({ unread }, "settings of the bucket could not be read: run atoll infra check with a key that may");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn({ reason }, "the bucket's settings could not be read");
  }
}
