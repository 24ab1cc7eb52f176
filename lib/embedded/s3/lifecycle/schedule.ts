import type { Expired } from "../store/expiry";
import type { StoreLogger } from "../store/logger";
import type { Store } from "../store/store";
import type { Publish } from "../store/versions/version-writer";
import { Lifecycles } from "./lifecycles";
import type { LifecycleOutcome } from "./outcome";

const INTERVAL_MS = 3600_000;

/** Runs the lifecycles at once and every hour; `run` starts a further run. */
export function scheduleLifecycles(
  store: Store,
  logger: StoreLogger,
  publish: Publish<Expired>,
): { run(at?: Date): Promise<LifecycleOutcome>; stop(): Promise<void> } {
  const lifecycles = new Lifecycles(store, publish);
  let isRunning = false;
  const runScheduled = async () => {
    if (isRunning) return; // a run of more than an hour includes the next
    isRunning = true;
    try {
      const { isComplete: _, ...counts } = await lifecycles.run();
      if (Object.values(counts).some((count) => count > 0)) logger.info(counts, "the lifecycle rules were applied");
    } catch (error) {
      logger.error({ err: error }, "applying the lifecycle rules failed");
    } finally {
      isRunning = false;
    }
  };
  void runScheduled();
  const timer = setInterval(runScheduled, INTERVAL_MS);
  const stop = () => {
    clearInterval(timer);
    return lifecycles.stop();
  };
  return { run: (at) => lifecycles.run(at), stop };
}
