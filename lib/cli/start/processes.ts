import path from "node:path";
import type { Env } from "@/lib/env";
import { root } from "../install.mjs";
import type { DataDir } from "./data-dir";
import { type Supervised, supervise } from "./supervise";

type Part = { dataDir: DataDir; dev: boolean; say: (line: string) => void; onHopeless: (error: Error) => void };

/** The site: Next behind a server of ours, as a process of its own. Expects the environment of `env` in process.env. */
export function startSite(
  { dataDir, dev, say, onHopeless }: Part,
  file = path.join(root, "lib/cli/serve.ts"),
): Supervised<object> {
  return supervise(
    {
      name: "site",
      file,
      env: { ...process.env, NODE_ENV: dev ? "development" : "production", NEXT_TELEMETRY_DISABLED: "1" },
      serverOnly: false,
      logFile: dataDir.file("logs", "site.log"),
      isLoud: dev,
    },
    say,
    onHopeless,
  );
}

export function startWorker({ dataDir, dev, say, onHopeless }: Part): Supervised<object> {
  return supervise(
    {
      name: "worker",
      file: path.join(root, "lib/cli/main.ts"),
      args: ["worker"],
      env: {
        ...process.env,
        NODE_ENV: dev ? "development" : "production",
        // libvips in glibc's many arenas grows without end.
        MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? "2",
      },
      logFile: dataDir.file("logs", "worker.log"),
    },
    say,
    onHopeless,
  );
}

const timeoutMs = 120_000;

/** Resolves when the site answers requests and, but for `dev`, finds its parts well. Throws Error, one line. */
export async function waitUntilServed({ PORT }: Env, dev: boolean): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let last = "no answer";
  while (Date.now() < deadline) {
    try {
      const health = await fetch(`http://127.0.0.1:${PORT}/api/health`, { signal: AbortSignal.timeout(60_000) });
      const page = await fetch(`http://127.0.0.1:${PORT}/`, {
        redirect: "manual",
        signal: AbortSignal.timeout(60_000),
      });
      if ((health.ok || dev) && page.status < 500) return;
      last = health.ok ? `the first page answers ${page.status}` : await health.text();
    } catch (error) {
      last = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`The site does not answer well after ${timeoutMs / 1000} s: ${last}`);
}
