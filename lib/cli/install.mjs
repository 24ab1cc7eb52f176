// Installs packages and generates the Prisma client, before TypeScript can run. Imports Node's modules only.
import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const modules = path.join(root, "node_modules");
const stampDir = path.join(modules, ".cache/atoll");

/** Returns a one-line error when this Node.js is too old, else null. */
export function nodeProblem(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  return enough
    ? null
    : `Atoll needs Node.js 20.19 or later, but this is ${version}. Install it from https://nodejs.org`;
}

function hashFiles(files) {
  const hash = createHash("sha256");
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update("\0");
  return hash.digest("hex");
}

function isStamped(name, value) {
  const file = path.join(stampDir, name);
  return existsSync(file) && readFileSync(file, "utf8") === value;
}

function stamp(name, value) {
  mkdirSync(stampDir, { recursive: true });
  writeFileSync(path.join(stampDir, name), value);
}

/** Tells whether the installed packages match the lock file, for example after a manual `npm install`. */
function hasWantedPackages() {
  const hidden = path.join(modules, ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const have = JSON.parse(readFileSync(hidden, "utf8")).packages;
  const want = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(want).every(
    ([folder, entry]) => folder === "" || entry.optional || have[folder]?.version === entry.version,
  );
}

// stderr, because stdout is for the command's own output (--json).
function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Runs a program without showing its output. On failure the output becomes the error message. */
function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options });
    const end = () => child.kill();
    process.once("exit", end);
    const output = [];
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      process.off("exit", end);
      if (code === 0) return resolve();
      const text = Buffer.concat(output).toString().trim();
      reject(new Error(`${text}\n${path.basename(command)} ${args[0]} failed (${signal ?? code})`));
    });
  });
}

function npm(args) {
  const cli = process.env.npm_execpath;
  // NODE_ENV=production would omit the packages that build and test the site.
  const env = { ...process.env, NODE_ENV: "development" };
  if (cli && path.basename(cli) === "npm-cli.js") return run(process.execPath, [cli, ...args], { env });
  return run("npm", args, { env, shell: process.platform === "win32" });
}

/** Runs `npm ci` when packages are missing or the lock file has changed. */
export async function ensurePackages() {
  const wanted = hashFiles(["package-lock.json"]);
  if (isStamped("packages", wanted)) return;
  if (!hasWantedPackages()) {
    say("Installing packages (npm ci) …");
    await npm(["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"]);
  }
  stamp("packages", wanted);
}

/** Runs `prisma generate` when the client is missing or the schema has changed. Of several commands at once, one does. */
export async function ensureClient() {
  const wanted = hashFiles(["prisma/schema.prisma", "prisma/kysely-tables.mjs", "package-lock.json"]);
  const isMade = () =>
    ["client.ts", "tables.ts"].every((file) => existsSync(path.join(root, "prisma/generated", file))) &&
    isStamped("client", wanted);
  if (isMade()) return;
  mkdirSync(stampDir, { recursive: true });
  await makeOnce(path.join(stampDir, "client.lock"), isMade, async () => {
    say("Generating the database client …");
    await run(process.execPath, [path.join(modules, "prisma/build/index.js"), "generate"], {
      env: { ...process.env, PRISMA_HIDE_UPDATE_MESSAGE: "1" },
    });
    stamp("client", wanted);
  });
}

const lookAgainMs = 50;
/** A command that waits says so after the first time, and fails after the second. */
const waitLimits = { tellAfterMs: 5_000, failAfterMs: 5 * 60_000 };
/** A lock of another host or container, whose processes are not seen here, is taken over when it is so old. */
const oldLockMs = 2 * 60_000;
/** What this process holds: after a restart of a container another process has had the same number. */
const held = new Set();

/**
 * Makes something unless it is made, while others that want the same wait: `lock` is a file that names the process which makes it. One
 * that was killed is taken over from. Throws Error after five minutes.
 */
export async function makeOnce(lock, isMade, make) {
  const startedAt = performance.now();
  for (let isTold = false; !isMade(); ) {
    const release = tryLock(lock);
    if (release) {
      try {
        if (!isMade()) await make();
      } finally {
        release();
      }
      continue;
    }
    const waitedMs = performance.now() - startedAt;
    if (waitedMs > waitLimits.failAfterMs)
      throw new Error(`Another command has held ${lock} for five minutes. Delete it if none runs.`);
    if (waitedMs > waitLimits.tellAfterMs && !isTold) say(`Waiting for another command, which holds ${lock} …`);
    isTold ||= waitedMs > waitLimits.tellAfterMs;
    await setTimeout(lookAgainMs);
  }
}

/** Takes the lock, or removes one whose holder is gone. Returns what releases it; undefined when it was not taken. */
function tryLock(lock) {
  const text = JSON.stringify({ host: os.hostname(), pid: process.pid, id: randomUUID() });
  // Written first, then linked: a lock that exists names its process.
  const draft = `${lock}.${randomUUID()}`;
  writeFileSync(draft, text);
  try {
    linkSync(draft, lock);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (isAbandoned(lock)) rmSync(lock, { force: true });
    return undefined;
  } finally {
    rmSync(draft, { force: true });
  }
  held.add(lock);
  return () => {
    held.delete(lock);
    if (existsSync(lock) && readFileSync(lock, "utf8") === text) rmSync(lock, { force: true });
  };
}

function isAbandoned(lock) {
  try {
    const { host, pid } = JSON.parse(readFileSync(lock, "utf8"));
    if (host !== os.hostname()) return Date.now() > statSync(lock).mtimeMs + oldLockMs;
    if (pid === process.pid) return !held.has(lock);
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // Released meanwhile; not a lock of ours; its process is gone.
    return error.code !== "ENOENT" && error.code !== "EPERM";
  }
}

/**
 * Returns Node's arguments to run a TypeScript file with tsx. The condition `react-server` turns the package `server-only`
 * into a no-op; pass `serverOnly: false` for Next, which brings its own React.
 */
export function typescriptArgs(file, args, { serverOnly = true } = {}) {
  return [...(serverOnly ? ["--conditions=react-server"] : []), "--import", import.meta.resolve("tsx"), file, ...args];
}

/**
 * Node's flags for the process of the S3 store. Received bytes are garbage once written to disk, and V8 collects them only
 * when its young generation is full: at the default 16 MiB that is most of the store's memory.
 */
export const storeNodeFlags = ["--max-semi-space-size=1"];

export const typescriptEnv = { TSX_TSCONFIG_PATH: path.join(root, "tsconfig.json") };
