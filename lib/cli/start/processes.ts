import path from "node:path";
import type { Env } from "@/lib/env";
import { root } from "../install.mjs";
import { type Supervised, supervise } from "../process/supervise";
import type { DataDir } from "./data-dir";

type Part = { dataDir: DataDir; dev: boolean; say: (line: string) => void; onFatal: (error: Error) => void };

/** Starts the process of the site (serve.ts). Expects the parsed environment in process.env. */
export function startSite(
  { dataDir, dev, say, onFatal }: Part,
  file = path.join(root, "lib/cli/serve.ts"),
): Supervised<object> {
  return supervise(
    {
      name: "site",
      file,
      env: { ...process.env, NODE_ENV: dev ? "development" : "production", NEXT_TELEMETRY_DISABLED: "1" },
      serverOnly: false,
      logFile: dataDir.file("logs", "site.log"),
      echoOutput: dev,
    },
    say,
    onFatal,
  );
}

/** Starts the process of the worker. */
export function startWorker({ dataDir, dev, say, onFatal }: Part): Supervised<object> {
  return supervise(
    {
      name: "worker",
      file: path.join(root, "lib/cli/main.ts"),
      args: ["worker"],
      env: {
        ...process.env,
        NODE_ENV: dev ? "development" : "production",
        // With glibc's default number of arenas, libvips fragments memory without bound.
        MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? "2",
      },
      logFile: dataDir.file("logs", "worker.log"),
    },
    say,
    onFatal,
  );
}

const timeoutMs = 120_000;

/** Waits until the site responds and, except in `dev`, reports itself healthy. Throws a one-line Error after two minutes. */
export async function waitUntilServed({ PORT }: Env, dev: boolean): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let last = "no response";
  while (performance.now() < deadline) {
    try {
      const health = await fetch(`http://127.0.0.1:${PORT}/api/health`, { signal: AbortSignal.timeout(60_000) });
      const page = await fetch(`http://127.0.0.1:${PORT}/`, {
        redirect: "manual",
        signal: AbortSignal.timeout(60_000),
      });
      if ((health.ok || dev) && page.status < 500) return;
      last = health.ok ? `the home page responded with status ${page.status}` : await health.text();
    } catch (error) {
      last = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`The site was not ready after ${timeoutMs / 1000} s: ${last}`);
}
