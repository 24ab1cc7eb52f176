import { processLog } from "@/lib/cli/process/process-log";
import { startWorker } from "@/lib/jobs/worker";

// A worker to be killed. Its environment names the database and the storage; SIGTERM stops it as `atoll worker` is.
const worker = await startWorker({ logger: processLog(1, { level: "debug" }), ...JSON.parse(process.argv[2] ?? "{}") });
process.once("SIGTERM", () => {
  void worker.stop().then(() => process.exit(0));
});
process.stdout.write("started\n");
