import "server-only";
import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { FileDerivation } from "./file";

/**
 * Thrown when the decoder crashed, hung or failed on the picture. Failures of the machine (no process could be started, a
 * full disk) are other errors, because the picture is not their cause.
 */
export class DecoderError extends Error {
  override readonly name = "DecoderError";
}

export type DecoderRequest = { filePath: string; isBeginning: boolean };
export type DecoderReply =
  | "ready"
  | { derivation: FileDerivation; rssBytes: number }
  | { error: string; isSystem: boolean };
type Reply = Exclude<DecoderReply, "ready">;

const deadlineMilliseconds = 120_000;
/** A process above this size (memory fragmented by large pictures) is replaced. */
const maxRssBytes = 768 * 1024 * 1024;

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, "../..");
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** Without database URL and credentials. Two arenas halve the memory glibc keeps after pictures are freed. */
const decoderEnv = { MALLOC_ARENA_MAX: "2" } as unknown as NodeJS.ProcessEnv; // Next's types require NODE_ENV.

const idle: ChildProcess[] = [];
const all = new Set<ChildProcess>();
/** Processes that have started up. If one ends before, the picture is not the cause. */
const ready = new WeakSet<ChildProcess>();

/**
 * Derives a file in a child process, so that a picture that crashes the decoder or makes it hang does not end the worker.
 * Each concurrent call gets its own process; idle processes are reused. `isBeginning`: the file is a prefix of the original.
 * Throws DecoderError when the process failed or took longer than two minutes, Error when no process could be started.
 */
export async function decodeFile(filePath: string, isBeginning = false): Promise<FileDerivation> {
  const child = idle.pop() ?? start();
  hold(child);
  const reply = await request(child, { filePath, isBeginning });
  if ("error" in reply) {
    idle.push(child);
    release(child);
    throw reply.isSystem ? new Error(reply.error) : new DecoderError(reply.error);
  }
  if (reply.rssBytes > maxRssBytes) child.kill("SIGKILL");
  else idle.push(child);
  release(child);
  return reply.derivation;
}

/** Starts decoder processes in advance: starting one takes two thirds of a second. */
export function warmDecoders(count: number): void {
  while (all.size < count) {
    const child = start();
    idle.push(child);
    release(child);
  }
}

/** Ends all decoder processes. The next file starts new ones. */
export function stopDecoders(): void {
  for (const child of all) child.kill("SIGKILL"); // They keep no state.
  idle.length = 0;
}

/** Returns the process ids of the decoders, for tests and measurements. "ready": only those that have started up. */
export function decoderPids(which: "all" | "ready" = "all"): number[] {
  return [...all].filter((child) => which === "all" || ready.has(child)).flatMap(({ pid }) => pid ?? []);
}

function start(): ChildProcess {
  const child = fork(path.join(here, "decoder-process.ts"), {
    cwd: root,
    execArgv: ["--conditions=react-server", "--import", tsx],
    env: decoderEnv,
    // A process group of its own: Ctrl-C in a terminal would end a decoder that has not installed its signal handlers yet.
    detached: true,
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  all.add(child);
  const remove = () => {
    all.delete(child);
    const at = idle.indexOf(child);
    if (at >= 0) idle.splice(at, 1);
  };
  child.once("exit", remove);
  // A process that could not be started emits no exit, and an unhandled "error" event would end this process.
  child.on("error", remove);
  child.once("message", () => ready.add(child));
  return child;
}

function request(child: ChildProcess, message: DecoderRequest): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      settle(() => reject(errorOf("The picture took longer than two minutes to decode.")));
    }, deadlineMilliseconds);
    const errorOf = (reason: string) =>
      ready.has(child) ? new DecoderError(reason) : new Error("The decoder did not start.");
    const onMessage = (reply: unknown) => {
      if (reply !== "ready") settle(() => resolve(reply as Reply));
    };
    const onError = (cause: Error) =>
      settle(() => reject(new Error("The picture could not be sent to the decoder.", { cause })));
    const onExit = (code: number | null, signal: string | null) =>
      settle(() => reject(errorOf(`The decoder ended while reading the picture (${signal ?? code}).`)));
    const settle = (resolveOrReject: () => void) => {
      clearTimeout(timer);
      child.off("message", onMessage).off("error", onError).off("exit", onExit);
      resolveOrReject();
    };
    child.on("message", onMessage).on("error", onError).on("exit", onExit);
    child.send(message, (error) => {
      if (error) onError(error);
    });
  });
}

// A busy child keeps this process running; an idle one must not.
function hold(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}

function release(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}
