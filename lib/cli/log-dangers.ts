import type { Logger } from "pino";
import type { Env } from "@/lib/env";
import { aspectNames, readBucketPlan } from "./bucket-plan";

/** Logs what endangers the bucket's files. A storage that is away, or refuses the worker its settings, stops no start. */
export async function logDangers(env: Env, logger: Logger): Promise<void> {
  try {
    for (const { aspect, state, detail, dangers } of await readBucketPlan(env)) {
      for (const danger of dangers) logger.warn(`DANGER: ${danger}`);
      if (state === "unknown") logger.info({ reason: detail }, `the bucket's ${aspectNames[aspect]} could not be read`);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn({ reason }, "the bucket's settings could not be read");
  }
}
