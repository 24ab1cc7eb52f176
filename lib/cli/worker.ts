import { parseEnv, requireStorageNamed } from "@/lib/env";
import { logDangers } from "./log-dangers";
import { notifyParent, stopRequested } from "./process/lifetime";
import { processLog } from "./process/process-log";
import { adoptRunning } from "./settings/running";
import { type Command, parseCommand } from "./usage";

const help = `Usage: atoll worker

Verifies uploads and makes thumbnails until Ctrl-C. Needs DATABASE_URL and the S3_ variables of the site, or a
running \`atoll up\` with the same ATOLL_DATA_DIR.`;

/** Shorter than the 15 s after which `up` kills a process. */
const stopTimeoutSeconds = 10;

export const worker: Command = {
  help,
  async run(args) {
    parseCommand(help, args, { options: {} });
    adoptRunning();
    const env = parseEnv(process.env);
    requireStorageNamed(env);
    const stop = stopRequested();
    const logger = processLog(1, { name: "worker" });
    const { startWorker } = await import("@/lib/jobs/worker");
    const running = await startWorker({ logger, stopTimeoutSeconds });
    // `up` says them itself.
    if (!process.connected) {
      const { embeddedOperator } = await import("./start/store");
      await logDangers(env, logger, embeddedOperator(env.ATOLL_DATA_DIR, process.env.AWS_ACCESS_KEY_ID));
    }
    notifyParent({ type: "ready" });
    await stop;
    // If the database's host does not respond, `stop` may never resolve. Its jobs time out by their heartbeat.
    setTimeout(() => process.exit(1), (stopTimeoutSeconds + 2) * 1_000).unref();
    await running.stop();
    return 0;
  },
};
