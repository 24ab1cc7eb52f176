import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { freePort } from "@/lib/embedded/postmaster";
import { isAlive } from "@/lib/embedded/process";
import { serverDir } from "../services/server-dir";
import { testEnv } from "../steps.mjs";

const root = path.resolve(import.meta.dirname, "../../..");
const bootstrap = path.join(root, "lib/cli/bootstrap.mjs");

export type Up = {
  child: ChildProcess;
  port: number;
  output(): string;
  /** The ready line was printed; rejects with the output when it ends before. */
  ready: Promise<void>;
  /** Exit code once it has ended. */
  ended: Promise<number | null>;
};

/** A data dir that PostgreSQL's user can reach, too. */
export function dataDir(): { path: string; remove(): void } {
  const dir = serverDir("atoll-up-");
  return { path: dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** `bootstrap.mjs ARGS…` in the environment of a bare machine plus `env`. */
export function runCli(args: string[], env: Record<string, string> = {}): Up {
  const child = spawn(process.execPath, [bootstrap, ...args], {
    cwd: root,
    // As started by npm: it then stops when this process is killed, which an interrupted run does to it.
    env: { ...process.env, ...testEnv(), npm_lifecycle_event: "test", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on("data", () => output.includes("Atoll ready at ") && resolve());
    ended.then(() => reject(new Error(`up ended before it was ready:\n${output}`)));
  });
  ready.catch(() => undefined);
  return { child, port: Number(env.PORT ?? 0), output: () => output, ready, ended };
}

/** `up` with a stand-in for the site; resolves when it is ready. */
export async function startUp(dir: string, env: Record<string, string> = {}): Promise<Up> {
  const port = String(await freePort());
  const up = runCli(["--run", "tests/support/up/up-without-site.ts"], { ATOLL_DATA_DIR: dir, PORT: port, ...env });
  await up.ready;
  return up;
}

export type Family = { pid: number; command: string }[];

/** A process and everything it started, with their command lines. */
export function family(pid: number): Family {
  const lines = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" }).trim().split("\n");
  const rows = lines.map((line) => {
    const [, own = "", parent = "", command = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return { pid: Number(own), parent: Number(parent), command };
  });
  const members = rows.filter((row) => row.pid === pid);
  for (const member of members)
    members.push(...rows.filter((row) => row.parent === member.pid && !row.command.startsWith("ps ")));
  return members;
}

/** Those that run still, by number and command line. */
export function alive(processes: Family): string[] {
  return processes.filter(({ pid }) => isAlive(pid)).map(({ pid, command }) => `${pid} ${command}`);
}
