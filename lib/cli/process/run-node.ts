import { spawn } from "node:child_process";
import { root } from "../install.mjs";

/**
 * Runs Node in the project's folder, hiding its output; killed when this process exits. Throws Error: `failure`, then the
 * output.
 */
export function runNode(failure: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    const end = () => child.kill("SIGKILL");
    process.once("exit", end);
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      process.off("exit", end);
      if (code === 0) return resolve();
      reject(new Error(`${failure} (${signal ?? code}):\n${Buffer.concat(output).toString().trim()}`));
    });
  });
}
