import { parseStartEnv } from "@/lib/env";
import { readRunning } from "./start/data-dir";

/** Where DATABASE_URL is not set, takes over the environment of the `atoll up` that runs on the same data dir. */
export function adoptRunning(): void {
  const { DATABASE_URL, ATOLL_DATA_DIR } = parseStartEnv(process.env);
  if (DATABASE_URL) return;
  const running = readRunning(ATOLL_DATA_DIR);
  for (const [name, value] of Object.entries(running ?? {})) process.env[name] ||= value;
}
