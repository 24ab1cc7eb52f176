import { type ChildProcess, execFile, fork } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { DecoderMessage, DecoderReply, DecoderRequest } from "./decoder-process";
import { DecoderError, type DecoderLimit, DecoderLimitError } from "./errors";
import { dataBytesOf, readsUsage, type Usage, usageOf } from "./usage";

/** What one request may take. */
export type RequestLimits = {
  /** Of the whole process. */
  rssBytes: number;
  cpuSeconds: number;
  /** From its start, 60 by default. */
  seconds?: number | undefined;
};

/** However little processor time a request got. */
const deadlineSeconds = 60;
const startSeconds = 120;
const watchMilliseconds = 25;
/** What a decoder may have allocated without using it, beyond what it may use. */
const unusedBytes = 256e6;
const dataLimitStepBytes = 128e6;

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, "../../..");
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

const decoderFlags = [
  // libvips does the work: less memory for JavaScript is more for pictures.
  ...["--max-semi-space-size=1", "--max-old-space-size=128", "--v8-pool-size=1"],
  ...["--conditions=react-server", "--import", tsx],
];
/**
 * Without database URL and credentials. Two arenas, and memory of 128 KiB and more that is returned when it is freed: otherwise
 * glibc keeps 150 MB more after some hundred pictures.
 */
const decoderEnv = {
  MALLOC_ARENA_MAX: "2",
  MALLOC_MMAP_THRESHOLD_: "131072",
} as unknown as NodeJS.ProcessEnv; // Next's types require NODE_ENV.

type Wait<T> = {
  begin?: (reject: (error: Error) => void) => void;
  /** Returns null for messages of another kind. */
  accepts: (message: DecoderMessage) => T | null;
  failed: (code: number | null, signal: string | null) => Error;
  /** After which the process is ended. */
  seconds?: number;
};

/** Whether `prlimit` (util-linux) can be run; false from the first time that it was not found. */
let hasPrlimit = readsUsage;

/** A child process that decodes pictures, one at a time. */
export class DecoderChild {
  private readonly process: ChildProcess;
  private readonly started: Promise<void>;
  private exceeded: DecoderLimit | undefined;
  private dataLimitBytes = Number.POSITIVE_INFINITY;
  private startDataBytes = 0;
  /** What the process took when it had started up; 0 before. */
  startRssBytes = 0;
  private reported: Usage = { rssBytes: 0, cpuSeconds: 0 };
  isReady = false;

  /** `onEnd` is called once the process has ended, or could not be started. */
  constructor(onEnd: (child: DecoderChild) => void) {
    this.process = fork(path.join(here, "decoder-process.ts"), {
      cwd: root,
      execArgv: decoderFlags,
      env: decoderEnv,
      // A process group of its own: Ctrl-C in a terminal would end a decoder that has not installed its signal handlers yet.
      detached: true,
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.process.once("exit", () => onEnd(this));
    // A process that could not be started emits no exit, and an unhandled "error" event would end this process.
    this.process.on("error", () => (this.pid === undefined ? onEnd(this) : this.kill()));
    this.process.on("message", (message: DecoderMessage) => {
      if (typeof message === "object" && "usage" in message) this.reported = message.usage;
    });
    this.started = this.start();
    this.started.catch(() => undefined); // The sender of a request gets the error.
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** What the process uses: on Linux as the system says, elsewhere as it last reported itself. Null when it has ended. */
  usage(): Usage | null {
    if (this.pid === undefined) return null;
    return readsUsage ? usageOf(this.pid) : this.reported;
  }

  /**
   * Sends a request and waits for the reply. Ends the process when it takes more than it may, or longer, and rejects with
   * DecoderLimitError; with DecoderError when the process ended by itself, with Error when it did not start.
   */
  async request(request: DecoderRequest, limits: RequestLimits): Promise<DecoderReply> {
    this.process.ref();
    this.process.channel?.ref();
    try {
      await this.started;
      await this.limitData(limits.rssBytes);
      return await this.exchange(request, limits);
    } finally {
      // A busy child keeps this process running; an idle one must not.
      this.release();
    }
  }

  release(): void {
    this.process.unref();
    this.process.channel?.unref();
  }

  /** Ends the process and all that it started. It keeps no state. */
  kill(): void {
    if (this.pid === undefined || this.process.exitCode !== null || this.process.signalCode !== null) return;
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch {
      this.process.kill("SIGKILL"); // Windows has no process groups.
    }
  }

  private async start(): Promise<void> {
    await this.until({
      accepts: (message) => (message === "ready" ? message : null),
      failed: () => new Error("The decoder did not start."),
      seconds: startSeconds,
    });
    this.isReady = true;
    this.startRssBytes = this.usage()?.rssBytes ?? 0;
    this.startDataBytes = (readsUsage && this.pid ? dataBytesOf(this.pid) : 0) ?? 0;
  }

  private async exchange(request: DecoderRequest, limits: RequestLimits): Promise<DecoderReply> {
    const before = this.usage()?.cpuSeconds ?? 0;
    // Counted in looks: a machine that was suspended or is overloaded takes fewer, and that is not the picture's fault.
    let looksLeft = ((limits.seconds ?? deadlineSeconds) * 1_000) / watchMilliseconds;
    const watch = setInterval(() => {
      looksLeft -= 1;
      const usage = this.usage();
      if (!usage) return;
      const isLate = looksLeft < 0;
      if (usage.rssBytes > limits.rssBytes) this.endFor("memory");
      else if (isLate || usage.cpuSeconds - before > limits.cpuSeconds) this.endFor("time");
    }, watchMilliseconds);
    try {
      return await this.until<DecoderReply>({
        begin: (reject) => {
          this.process.send(request, (error) => {
            if (error) reject(new Error("The picture could not be sent to the decoder.", { cause: error }));
          });
        },
        accepts: (message) => (typeof message === "object" && !("usage" in message) ? message : null),
        failed: (code, signal) => (this.exceeded ? new DecoderLimitError(this.exceeded) : crash(code, signal)),
      });
    } finally {
      clearInterval(watch);
    }
  }

  /** Ends the process because it takes too much. */
  endFor(limit: DecoderLimit): void {
    this.exceeded ??= limit;
    this.kill();
  }

  /** Waits for a message. Rejects with what `failed` makes of the end of the process. */
  private until<T>({ begin, accepts, failed, seconds }: Wait<T>): Promise<T> {
    const child = this.process;
    return new Promise<T>((resolve, reject) => {
      const timer = seconds === undefined ? undefined : setTimeout(() => this.kill(), seconds * 1_000);
      const settle = (run: () => void) => {
        clearTimeout(timer);
        child.off("message", onMessage).off("error", onError).off("exit", onExit);
        run();
      };
      const fail = (error: Error) => settle(() => reject(error));
      const onMessage = (message: DecoderMessage) => {
        const accepted = accepts(message);
        if (accepted !== null) settle(() => resolve(accepted));
      };
      const onExit = (code: number | null, signal: string | null) => fail(failed(code, signal));
      const onError = (cause: Error) => fail(new Error("The decoder could not be started.", { cause }));
      child.on("message", onMessage).on("error", onError).on("exit", onExit);
      begin?.(fail);
    });
  }

  /**
   * Lets the kernel refuse memory far beyond the limit, which could be taken between two looks at the process. Where there is no
   * `prlimit`, the looks are all there is.
   */
  private async limitData(rssBytes: number): Promise<void> {
    if (!hasPrlimit || this.pid === undefined) return;
    const wanted = this.startDataBytes + Math.ceil((rssBytes + unusedBytes) / dataLimitStepBytes) * dataLimitStepBytes;
    if (wanted === this.dataLimitBytes) return;
    const args = ["--pid", String(this.pid), `--data=${wanted}:`];
    const error = await new Promise<Error | null>((resolve) => void execFile("prlimit", args, resolve));
    if (error === null) this.dataLimitBytes = wanted;
    else if ("code" in error && error.code === "ENOENT") hasPrlimit = false;
  }
}

/** Returns the error of a process that ended by itself. Allocators abort when memory is refused, and so would the next try. */
function crash(code: number | null, signal: string | null): Error {
  if (signal === "SIGABRT" || signal === "SIGTRAP") return new DecoderLimitError("memory");
  return new DecoderError(`The decoder ended while reading the picture (${signal ?? code}).`);
}
