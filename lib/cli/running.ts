import { parseStartEnv } from "@/lib/env";
import { readRunning } from "./start/data-dir";

/**
 * Where DATABASE_URL is not set, takes over the environment of the `atoll up` that runs on the same data dir: whole, as
 * one installation's address with another one's key leads nowhere or, worse, somewhere else.
 */
export function adoptRunning(): void {
  const { DATABASE_URL, ATOLL_DATA_DIR } = parseStartEnv(process.env);
  if (DATABASE_URL) return;
  Object.assign(process.env, readRunning(ATOLL_DATA_DIR));
}
