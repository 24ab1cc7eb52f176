// Logs and exits in one go once its parent says so, by when nothing reads its stdout any more.
import { processLog } from "@/lib/cli/process/process-log";

const log = processLog(1, { name: "test" });
process.once("message", () => {
  log.error("the last but one");
  log.error("the last");
  process.exit(0);
});
process.send?.("ready");
