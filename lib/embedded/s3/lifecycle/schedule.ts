import type { Expired } from "../store/expiry";
import type { StoreLogger } from "../store/logger";
import type { Announce } from "../store/objects";
import type { Store } from "../store/store";
import type { LifecycleOutcome } from "./round";
import { Lifecycles } from "./run";

const INTERVAL_MS = 3600_000;

/** Lifecycles that are carried out at once, every hour, and when somebody asks for it. */
export function scheduleLifecycles(
  store: Store,
  logger: StoreLogger,
  announce: Announce<Expired>,
): { run(at?: Date): Promise<LifecycleOutcome>; stop(): Promise<void> } {
  const lifecycles = new Lifecycles(store, announce);
  let isBusy = false;
  const turn = async () => {
    if (isBusy) return; // a run of more than an hour makes up for the next
    isBusy = true;
    try {
      const { isComplete: _, ...done } = await lifecycles.run();
      if (Object.values(done).some((count) => count > 0)) logger.info(done, "the lifecycle rules were carried out");
    } catch (error) {
      logger.error({ err: error }, "carrying out the lifecycle rules failed");
    } finally {
      isBusy = false;
    }
  };
  void turn();
  const timer = setInterval(turn, INTERVAL_MS);
  const stop = () => {
    clearInterval(timer);
    return lifecycles.stop();
  };
  return { run: (at) => lifecycles.run(at), stop };
}
