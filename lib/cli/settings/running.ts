import { parseStartEnv } from "@/lib/env";
import { readRunning } from "../start/data-dir";

/**
 * Without DATABASE_URL, copies the environment of the `atoll up` that runs on the same data dir. All variables are copied:
 * mixing addresses and keys of two installations could change the wrong one.
 */
export function adoptRunning(): void {
  const { DATABASE_URL, ATOLL_DATA_DIR } = parseStartEnv(process.env);
  if (DATABASE_URL) return;
  Object.assign(process.env, readRunning(ATOLL_DATA_DIR));
}
