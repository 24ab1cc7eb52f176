import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { storeNodeFlags } from "@/lib/cli/install.mjs";
import { root } from "../harness";

/** A moment to die at: around a call the store makes, counted from its start. */
export interface KillPoint {
  readonly when: "before" | "after";
  readonly call: "mkdir" | "open" | "rename" | "rm" | "readdir" | "writeFile";
  readonly count: number;
}

export interface StartOrder {
  readonly dataDir: string;
  readonly user: typeof root;
  readonly dieAt?: KillPoint | undefined;
  /** Milliseconds each write to a file of object bytes takes more than it does; they wait for each other. */
  readonly slowWritesMs?: number | undefined;
}

const fromSource = ["--import", "tsx", fileURLToPath(new URL("./store-child.ts", import.meta.url))];

type Message = { event: "loaded" | "swept" | "stopping" } | { event: "ready"; endpoint: string };

/** A store in a process of its own. */
export class StoreProcess {
  readonly exited: Promise<void>;
  /** What it printed to stderr. */
  complaints = "";
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting = new Map<string, (message: Message) => void>();
  readonly #seen = new Map<string, Message>();

  /** @param program what Node is started with; the source when nothing is given, which takes a second to translate */
  constructor(program: readonly string[] = fromSource) {
    this.#child = spawn(process.execPath, [...storeNodeFlags, ...program], { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.on("data", (text: Buffer) => (this.complaints += text.toString()));
    this.#child.stdin.on("error", () => {}); // it may die before it has read its order
    this.exited = once(this.#child, "close").then(() => undefined);
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      const message = JSON.parse(line) as Message;
      this.#seen.set(message.event, message);
      this.#waiting.get(message.event)?.(message);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when it has said so. @throws Error when it ends instead */
  async saying(event: Message["event"]): Promise<Message> {
    const said = new Promise<Message>((resolve) => {
      const already = this.#seen.get(event);
      if (already) resolve(already);
      else this.#waiting.set(event, resolve);
    });
    const gone = this.exited.then(() => undefined);
    const message = await Promise.race([said, gone]);
    if (!message) throw new EndedError(`the store ended before it said "${event}": ${this.complaints}`);
    return message;
  }

  /** Starts the store in a folder. @returns its endpoint @throws EndedError */
  async start(dataDir: string, dieAt?: KillPoint, slowWritesMs?: number): Promise<string> {
    await this.saying("loaded");
    this.#child.stdin.write(`${JSON.stringify({ dataDir, user: root, dieAt, slowWritesMs } satisfies StartOrder)}\n`);
    const message = await this.saying("ready");
    return message.event === "ready" ? message.endpoint : "";
  }

  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    this.#child.kill(signal);
    await this.exited;
  }

  /** Signals and does not wait. */
  signal(signal: "SIGKILL" | "SIGTERM"): void {
    this.#child.kill(signal);
  }

  /** Open files and sockets (Linux). */
  get openHandles(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Memory in bytes (Linux): now, and the most it ever was. */
  get memory(): { rssBytes: number; peakBytes: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024;
    return { rssBytes: field("VmRSS"), peakBytes: field("VmHWM") };
  }
}

/** The process ended, by itself or because it was killed. */
export class EndedError extends Error {}
