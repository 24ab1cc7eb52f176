import { parseEnv } from "@/lib/env";
import { stopRequested, tellParent } from "./lifetime";
import { adoptRunning } from "./running";
import { type Command, parseCommand } from "./usage";

const help = `Usage: atoll worker

Verifies uploads and makes thumbnails until Ctrl-C. Needs DATABASE_URL and the S3_ variables of the site, or an
\`atoll up\` that runs on the same ATOLL_DATA_DIR.`;

/** Within the time `up` gives a part before it is killed. */
const stopTimeoutSeconds = 10;

export const worker: Command = {
  help,
  async run(args) {
    parseCommand(help, args, { options: {} });
    adoptRunning();
    parseEnv(process.env);
    const stop = stopRequested();
    const { startWorker } = await import("@/lib/jobs/worker");
    const running = await startWorker({ stopTimeoutSeconds });
    tellParent({ type: "ready" });
    await stop;
    // A database whose host is gone answers nothing, not even the end of a connection. Its jobs time out by their heartbeat.
    setTimeout(() => process.exit(1), (stopTimeoutSeconds + 2) * 1_000).unref();
    await running.stop();
    return 0;
  },
};
