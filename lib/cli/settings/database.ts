import type { SystemViewer } from "@/lib/auth/viewer";
import { parseEnv } from "@/lib/env";
import { adoptRunning } from "./running";

/** Runs a command on the database of the environment or of a running `atoll up`, and closes it. Throws EnvError. */
export async function withDatabase<T>(run: (viewer: SystemViewer) => Promise<T>): Promise<T> {
  adoptRunning();
  parseEnv(process.env);
  const { mintSystemViewer } = await import("@/lib/auth/viewer");
  const { closeDb } = await import("@/lib/db");
  try {
    return await run(mintSystemViewer("cli"));
  } finally {
    await closeDb();
  }
}
