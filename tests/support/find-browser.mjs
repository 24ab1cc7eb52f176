// A Chromium for the browser tests, found or fetched. Node's own modules only: used by tests/run.mjs and playwright.config.ts.
import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";

const require = createRequire(import.meta.url);
const run = promisify(execFile);
const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const places = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/usr/lib/chromium/chromium"];

/** Whether it is there and runs: Ubuntu's chromium-browser is a stub that only asks for a snap. */
function works(file) {
  if (!existsSync(file)) return false;
  try {
    execFileSync(file, ["--version"], { stdio: "ignore", timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

function onPath() {
  const folders = (process.env.PATH ?? "").split(path.delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
}

function ofPlaywright() {
  try {
    return require("playwright").chromium.executablePath();
  } catch {
    return "";
  }
}

/** The path of a Chromium or Chrome that runs: CHROMIUM, the system's, or Playwright's own; null when there is none. */
export function findBrowser() {
  const { CHROMIUM } = process.env;
  if (CHROMIUM) return CHROMIUM;
  return [...onPath(), ...places, ofPlaywright()].find((file) => file !== "" && works(file)) ?? null;
}

async function installByApt() {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-qq"], { env });
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"], { env, maxBuffer: 2 ** 26 });
}

async function installByPlaywright() {
  const cli = path.join(path.dirname(require.resolve("playwright/package.json")), "cli.js");
  // The libraries Chromium needs come by the system's packages, which takes root.
  const withDeps = process.platform === "linux" && process.getuid?.() === 0 ? ["--with-deps"] : [];
  await run(process.execPath, [cli, "install", ...withDeps, "chromium"], { maxBuffer: 2 ** 26 });
}

/** As findBrowser, and fetches one when there is none: by apt-get as root, else Playwright's download. Throws Error. */
export async function ensureBrowser() {
  const found = findBrowser();
  if (found) return found;
  const ways = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get") ? [installByApt] : [];
  const failures = [];
  for (const install of [...ways, installByPlaywright]) {
    try {
      await install();
      const fetched = findBrowser();
      if (fetched) return fetched;
    } catch (error) {
      failures.push(error.message);
    }
  }
  throw new Error(`No Chromium found, and none could be fetched: set CHROMIUM to one.\n${failures.join("\n")}`);
}
