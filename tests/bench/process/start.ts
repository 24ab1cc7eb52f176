import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { typescriptArgs, typescriptEnv } from "@/lib/cli/install.mjs";

/** `line`: the first line it printed. `stop` ends it by disconnecting, and resolves when it has exited. */
export type StartedProcess = { child: ChildProcess; line: string; stop(): Promise<void> };

/** Starts a TypeScript file in its own process. Resolves with its first line; rejects when it ends before. */
export async function startProcess(
  file: string,
  args: readonly string[],
  { env = {}, nodeFlags = [] }: { env?: Record<string, string | undefined>; nodeFlags?: readonly string[] } = {},
): Promise<StartedProcess> {
  const child = spawn(process.execPath, [...nodeFlags, ...typescriptArgs(file, [...args])], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: { ...process.env, ...typescriptEnv, ...env },
  });
  if (!child.stdout) throw new Error(`${file} has no output`);
  const died = once(child, "exit").then(() => Promise.reject(new Error(`${file} ended before it was ready`)));
  const [line] = (await Promise.race([once(createInterface(child.stdout), "line"), died])) as [string];
  died.catch(() => undefined);
  return {
    child,
    line,
    async stop() {
      if (child.exitCode !== null) return;
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}
