import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { type Browser, type BrowserContext, chromium } from "@playwright/test";
import { ensureBrowser } from "@/tests/support/find-browser.mjs";

/** Without what a browser does beside its pages, and without drawing what moves without end: both would take time from them. */
const quiet = [
  "--disable-background-networking",
  "--disable-breakpad",
  "--disable-component-extensions-with-background-pages",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-extensions",
  "--disable-sync",
  "--force-prefers-reduced-motion",
  "--no-first-run",
  "--no-default-browser-check",
];

type Options = { proxy?: string; direct?: readonly string[]; trusted?: string };
type Running = { child: ChildProcess; browser: Browser };

/**
 * A Chromium whose profile outlives it: killed, as by a crash or a power failure, and started again it finds what it had
 * written to the disk. Cookies of the last half minute may be lost.
 */
export class KillableBrowser {
  readonly #profile: string;
  readonly #args: readonly string[];
  #running: Running | undefined;

  private constructor(profile: string, args: readonly string[]) {
    this.#profile = profile;
    this.#args = args;
  }

  /**
   * `proxy`: the origin of a FaultProxy that gets every request but those to `direct` (hosts with ports). `trusted`: an
   * origin that may read files again that were given to it before, as no person is there to answer Chromium's question.
   */
  static async start({ proxy, direct = [], trusted }: Options = {}) {
    const profile = await mkdtemp(path.join(os.tmpdir(), "atoll-profile-"));
    if (trusted !== undefined) await trust(profile, trusted);
    // Chromium goes around proxies for this machine's own names unless told otherwise.
    const bypass = ["<-loopback>", ...direct].join(";");
    const args = proxy === undefined ? [] : [`--proxy-server=${proxy}`, `--proxy-bypass-list=${bypass}`];
    const browser = new KillableBrowser(profile, args);
    await browser.restart();
    return browser;
  }

  get context(): BrowserContext {
    const [context] = this.#running?.browser.contexts() ?? [];
    if (!context) throw new Error("the browser is not running");
    return context;
  }

  /** Sends SIGKILL to the browser and all its processes. Resolves when it has exited. */
  async kill(): Promise<void> {
    const { child } = this.#running ?? {};
    this.#running = undefined;
    if (child?.pid === undefined || child.exitCode !== null) return;
    const exited = once(child, "exit");
    process.kill(-child.pid, "SIGKILL");
    await exited;
  }

  /** Starts the browser with the same profile. */
  async restart(): Promise<void> {
    const child = spawn(
      await ensureBrowser(),
      [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        ...quiet,
        "--remote-debugging-port=0",
        `--user-data-dir=${this.#profile}`,
        ...this.#args,
        "about:blank",
      ],
      // A group of its own, to be killed as one.
      { detached: true, stdio: ["ignore", "ignore", "pipe"] },
    );
    try {
      this.#running = { child, browser: await chromium.connectOverCDP(await endpointOf(child)) };
    } catch (error) {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      throw error;
    }
  }

  /** Kills the browser and removes the profile. */
  async end(): Promise<void> {
    await this.kill();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Writes the permission to read files into the preferences of a profile that was not used yet. */
async function trust(profile: string, origin: string): Promise<void> {
  const exceptions = { file_system_read_guard: { [`${origin},*`]: { setting: 1 } } };
  await mkdir(path.join(profile, "Default"));
  const preferences = { profile: { content_settings: { exceptions } } };
  await writeFile(path.join(profile, "Default/Preferences"), JSON.stringify(preferences));
}

async function endpointOf({ stderr }: ChildProcess): Promise<string> {
  if (!stderr) throw new Error("the browser has no error output");
  const lines: string[] = [];
  for await (const line of createInterface(stderr)) {
    const endpoint = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
    lines.push(line);
    if (endpoint === undefined) continue;
    stderr.resume(); // later output would fill the pipe
    return endpoint;
  }
  throw new Error(`the browser did not start:\n${lines.join("\n")}`);
}
