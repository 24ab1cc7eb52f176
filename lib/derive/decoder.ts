import "server-only";
import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { FileDerivation } from "./file";

/**
 * The process that opened the picture ended, hung or stumbled over it: the picture's fault, when each try ends so. What
 * the machine does (no process to be had, a full disk) is an error of another kind, as it is nobody's picture's fault.
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
/** A process that has grown beyond this (fragmented after large pictures) is replaced by a fresh one. */
const maxRssBytes = 768 * 1024 * 1024;

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, "../..");
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** Nothing of ours: no database, no credentials. Two arenas halve what glibc keeps of freed picture memory. */
const bareEnv = { MALLOC_ARENA_MAX: "2" } as unknown as NodeJS.ProcessEnv; // Next's types demand NODE_ENV of everybody.

const idle: ChildProcess[] = [];
const all = new Set<ChildProcess>();
/** Those that came as far as to look at pictures: one that ends before cannot be a picture's fault. */
const ready = new WeakSet<ChildProcess>();

/**
 * Derives a file in a child process: a picture that crashes the decoder, or makes it hang, ends that process and not
 * the worker's. As many run as are called at once; finished ones are used again.
 * Throws DecoderError when the process ended or took longer than two minutes, Error when none could be had.
 */
export async function decodeFile(filePath: string, isBeginning = false): Promise<FileDerivation> {
  const child = idle.pop() ?? start();
  hold(child);
  const reply = await ask(child, { filePath, isBeginning });
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

/** Starts processes ahead of the first pictures, which then need not wait two thirds of a second for one. */
export function warmDecoders(count: number): void {
  while (all.size < count) {
    const child = start();
    idle.push(child);
    release(child);
  }
}

/** Ends the child processes; the next file starts new ones. */
export function stopDecoders(): void {
  for (const child of all) child.kill("SIGKILL"); // It holds nothing but a picture.
  idle.length = 0;
}

/** The processes there are, for tests that kill them and for measurements; `ready`: that look at pictures already. */
export function decoderPids(which: "all" | "ready" = "all"): number[] {
  return [...all].filter((child) => which === "all" || ready.has(child)).flatMap(({ pid }) => pid ?? []);
}

function start(): ChildProcess {
  const child = fork(path.join(here, "decoder-process.ts"), {
    cwd: root,
    execArgv: ["--conditions=react-server", "--import", tsx],
    env: bareEnv,
    // Not our process group: Ctrl-C in a terminal would end a decoder that has not installed its signal handlers yet.
    detached: true,
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  all.add(child);
  const gone = () => {
    all.delete(child);
    const at = idle.indexOf(child);
    if (at >= 0) idle.splice(at, 1);
  };
  child.once("exit", gone);
  // Of one that could not be started there is no exit, and unheard it would end this process.
  child.on("error", gone);
  child.once("message", () => ready.add(child));
  return child;
}

function ask(child: ChildProcess, request: DecoderRequest): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      settle(() => reject(blame("The picture took longer than two minutes to decode.")));
    }, deadlineMilliseconds);
    const blame = (reason: string) =>
      ready.has(child) ? new DecoderError(reason) : new Error("The decoder did not start.");
    const onMessage = (reply: unknown) => {
      if (reply !== "ready") settle(() => resolve(reply as Reply));
    };
    const onError = (cause: Error) =>
      settle(() => reject(new Error("The decoder could not be given the picture.", { cause })));
    const onExit = (code: number | null, signal: string | null) =>
      settle(() => reject(blame(`The decoder ended while reading the picture (${signal ?? code}).`)));
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      child.off("message", onMessage).off("error", onError).off("exit", onExit);
      finish();
    };
    child.on("message", onMessage).on("error", onError).on("exit", onExit);
    child.send(request, (error) => {
      if (error) onError(error);
    });
  });
}

// An idle child must not keep a finished program running; a busy one must.
function hold(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}

function release(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}
