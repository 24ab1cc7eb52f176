import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "@playwright/test";
import { freePort } from "@/lib/embedded/postmaster";
import { type Driver, timeoutMs } from "./driver";
import { miniBrowserFile, webKitDriverFile, xvfbFile } from "./installed";
import { isReady, openSession } from "./webdriver";

/** Starts WebKitGTK's MiniBrowser on a display of its own, driven by WebDriver. */
export async function startWebKit(): Promise<Driver> {
  const screen = await startXvfb();
  const port = await freePort();
  const env = {
    ...process.env,
    DISPLAY: screen.display,
    // WebKit's sandbox does not start as root.
    ...(process.getuid?.() === 0 && { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" }),
  };
  const service = spawn(webKitDriverFile, ["--host=127.0.0.1", `--port=${port}`], {
    env,
    stdio: "ignore",
    detached: true,
  });
  const stop = async () => {
    await end(service);
    await end(screen.server);
  };
  try {
    const endpoint = `http://127.0.0.1:${port}`;
    await expect.poll(() => isReady(endpoint), { timeout: timeoutMs }).toBe(true);
    const options = { binary: miniBrowserFile(), args: ["--automation"] };
    const session = await openSession(endpoint, { "webkitgtk:browserOptions": options });
    return { ...session, close: () => session.close().finally(stop) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts an X server without a screen. It chooses a free display and writes its number. */
async function startXvfb(): Promise<{ server: ChildProcess; display: string }> {
  const args = ["-displayfd", "1", "-screen", "0", "1440x900x24", "-nolisten", "tcp"];
  const server = spawn(xvfbFile, args, { stdio: ["ignore", "pipe", "ignore"], detached: true });
  const ended = once(server, "exit").then(([code]) =>
    Promise.reject(new Error(`Xvfb ended with ${code} at its start`)),
  );
  const [chunk] = await Promise.race([once(server.stdout, "data"), ended]);
  return { server, display: `:${String(chunk).trim()}` };
}

/** Ends a process and everything it started: each has a process group of its own. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  process.kill(-child.pid, "SIGTERM");
  await exited;
}
