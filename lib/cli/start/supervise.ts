import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { typescriptArgs, typescriptEnv } from "../install.mjs";
import { RotatingFile } from "./rotating-file";

/** A child that cannot do its work (port taken, malformed configuration) ends with this: starting it again is no use. */
export const hopelessExitCode = 78; // EX_CONFIG of sysexits.h

export type ChildSpec = {
  name: string;
  /** A TypeScript file and its arguments. */
  file: string;
  args?: string[];
  env: NodeJS.ProcessEnv;
  /** False for what runs Next: it brings its own React. */
  serverOnly?: boolean;
  nodeFlags?: string[];
  logFile: string;
  /** Whether the terminal shows what the child prints, too. */
  isLoud?: boolean;
};

export type Supervised<Ready> = {
  /** The child's first `ready` message. Rejects when it ends before, with the last line it printed. */
  ready: Promise<Ready>;
  /** SIGTERM, after 15 s SIGKILL. Resolves when the child is gone, rejects when it was killed or ended with another code than 0. */
  stop(): Promise<void>;
};

const stopTimeoutMs = 15_000;
const stableMs = 60_000;
const maxLogBytes = 5 * 1024 * 1024;

/** Every child that runs, so that a forced end leaves none behind. */
const alive = new Set<ChildProcess>();

export function killAll(): void {
  for (const child of alive) child.kill("SIGKILL");
}

/**
 * Keeps a child process running until `stop`: one that dies later on comes back after 0.5 s, 1 s, 2 s … at most 30 s.
 * `say` gets a line for each death. `onHopeless` is told when a later start fails for good.
 */
export function supervise<Ready>(
  spec: ChildSpec,
  say: (line: string) => void,
  onHopeless: (error: Error) => void,
): Supervised<Ready> {
  const log = new RotatingFile(spec.logFile, maxLogBytes);
  let child: ChildProcess | undefined;
  let stopping = false;
  let restart: NodeJS.Timeout | undefined;
  let failures = 0;

  const ready = new Promise<Ready>((resolve, reject) => {
    let wasReady = false;
    const start = () => {
      const startedAt = Date.now();
      const run = startChild(spec, log, (message) => {
        wasReady = true;
        resolve(message as Ready);
      });
      child = run.child;
      run.child.on("exit", (code, signal) => {
        if (stopping) return;
        const error = new Error(run.lastLine() || `${spec.name} ended (${signal ?? `code ${code}`})`);
        if (!wasReady) return reject(error);
        if (code === hopelessExitCode) return onHopeless(error);
        failures = Date.now() - startedAt > stableMs ? 1 : failures + 1;
        const delayMs = Math.min(500 * 2 ** (failures - 1), 30_000);
        say(
          `The ${spec.name} ended (${signal ?? `code ${code}`}) and starts again in ${delayMs / 1000} s: ${spec.logFile}`,
        );
        restart = setTimeout(start, delayMs);
      });
    };
    start();
  });
  // A stop before that is no failure: where `ready` is awaited, the rejection arrives all the same.
  ready.catch(() => undefined);

  const stop = async () => {
    stopping = true;
    clearTimeout(restart);
    try {
      if (child) await endChild(child);
    } finally {
      await log.close();
    }
  };
  return { ready, stop };
}

function startChild(spec: ChildSpec, log: RotatingFile, onReady: (message: object) => void) {
  const { file, args = [], env, serverOnly = true, nodeFlags = [], isLoud = false } = spec;
  const child = spawn(process.execPath, [...nodeFlags, ...typescriptArgs(file, args, { serverOnly })], {
    env: { ...env, ...typescriptEnv },
    // Not our process group: the terminal's Ctrl-C goes to us, and we stop the parts in order.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  alive.add(child);
  let lastLine = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      log.write(text);
      if (isLoud) process.stderr.write(text);
      lastLine = text.trim().split("\n").at(-1) || lastLine;
    });
  }
  child.on("message", (message: { type?: string }) => {
    if (message.type === "ready") onReady(message);
  });
  child.on("error", (error) => {
    lastLine = error.message;
  });
  child.on("exit", () => alive.delete(child));
  return { child, lastLine: () => lastLine };
}

function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const hard = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
    child.once("exit", (code, signal) => {
      clearTimeout(hard);
      // One that has only just been started does not handle the signal yet.
      if (code === 0 || signal === "SIGTERM") resolve();
      else reject(new Error(`it ended with ${signal ?? `code ${code}`}`));
    });
    child.kill(constants.signals.SIGTERM);
  });
}
