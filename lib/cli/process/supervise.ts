import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { typescriptArgs, typescriptEnv } from "../install.mjs";
import { RotatingFile } from "./rotating-file";

/** Exit code of a child for errors a restart cannot fix: port in use, malformed configuration. */
export const fatalExitCode = 78; // EX_CONFIG of sysexits.h

export type ChildSpec = {
  name: string;
  /** A TypeScript file and its arguments. */
  file: string;
  args?: string[];
  env: NodeJS.ProcessEnv;
  /** False for processes that run Next, which brings its own React. */
  serverOnly?: boolean;
  nodeFlags?: string[];
  logFile: string;
  /** Whether to print the child's output to the terminal, too. */
  echoOutput?: boolean;
};

export type Supervised<Ready> = {
  /** The child's first `ready` message. Rejects when it could not be started or ends before, with the last line of its output. */
  ready: Promise<Ready>;
  /** Sends SIGTERM, and SIGKILL after 15 s. Resolves when the child has ended, rejects if it was killed or its code is not 0. */
  stop(): Promise<void>;
};

const stopTimeoutMs = 15_000;
const stableMs = 60_000;
const maxLogBytes = 5 * 1024 * 1024;

const alive = new Set<ChildProcess>();

/** Kills all children, for a forced exit. */
export function killAll(): void {
  for (const child of alive) child.kill("SIGKILL");
}

/**
 * Keeps a child process running until `stop`: after it was ready once, it is restarted 0.5 s, 1 s, 2 s … (at most 30 s)
 * after it ended. `say` gets a line for each restart. `onFatal` is called when a restart fails with `fatalExitCode`.
 */
export function supervise<Ready>(
  spec: ChildSpec,
  say: (line: string) => void,
  onFatal: (error: Error) => void,
): Supervised<Ready> {
  const log = new RotatingFile(spec.logFile, maxLogBytes);
  let child: ChildProcess | undefined;
  let stopping = false;
  let restart: NodeJS.Timeout | undefined;
  let failures = 0;

  const ready = new Promise<Ready>((resolve, reject) => {
    let wasReady = false;
    const start = () => {
      const startedAt = performance.now();
      const run = startChild(spec, log, (message) => {
        wasReady = true;
        resolve(message as Ready);
      });
      child = run.child;
      run.ended.then(({ why, code, message }) => {
        if (stopping) return;
        const error = new Error(message || `${spec.name} ended (${why})`);
        if (!wasReady) return reject(error);
        if (code === fatalExitCode) return onFatal(error);
        failures = performance.now() - startedAt > stableMs ? 1 : failures + 1;
        const delayMs = Math.min(500 * 2 ** (failures - 1), 30_000);
        say(`The ${spec.name} ended (${why}) and restarts in ${delayMs / 1000} s: see ${spec.logFile}`);
        restart = setTimeout(start, delayMs);
      });
    };
    start();
  });
  // Callers that await `ready` still get the error; stopping before is not an unhandled rejection.
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
  const { file, args = [], env, serverOnly = true, nodeFlags = [], echoOutput = false } = spec;
  const child = spawn(process.execPath, [...nodeFlags, ...typescriptArgs(file, args, { serverOnly })], {
    env: { ...env, ...typescriptEnv },
    // A process group of its own: Ctrl-C reaches only this process, which stops the children in order.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  alive.add(child);
  let lastLine = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      log.write(text);
      if (echoOutput) process.stderr.write(text);
      lastLine = text.trim().split("\n").at(-1) || lastLine;
    });
  }
  child.on("message", (message: { type?: string }) => {
    if (message.type === "ready") onReady(message);
  });
  child.on("exit", () => alive.delete(child));
  const ended = new Promise<Ended>((resolve) => {
    child.on("exit", (code, signal) => resolve({ why: signal ?? `code ${code}`, code, message: lastLine }));
    child.on("error", ({ message }) => {
      // A process that could not be started emits this alone. Others go on after it, as after a message that was not sent.
      if (child.pid !== undefined) return log.write(`${message}\n`);
      alive.delete(child);
      resolve({ why: message, code: null, message });
    });
  });
  return { child, ended };
}

type Ended = {
  /** Signal, exit code, or why it could not be started. */
  why: string;
  code: number | null;
  /** The last line of its output. */
  message: string;
};

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
