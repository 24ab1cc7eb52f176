import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { LockedError, takeLock } from "@/lib/embedded/lock";
import { root } from "../install.mjs";
import { runNode } from "../process/run-node";

const folders = ["app", "components", "lib"];
const files = [
  "middleware.ts",
  "next.config.js",
  "postcss.config.mjs",
  "tsconfig.json",
  "package-lock.json",
  "prisma/schema.prisma",
];
// Folders that are not part of the site's bundle.
const excluded = ["lib/cli", "lib/embedded", "lib/bulk"];
const stampFile = path.join(root, ".next/atoll-build");
const buildTimeoutMs = 10 * 60_000;

function sourceFiles(): string[] {
  const found = folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name))),
  );
  const relevant = found.filter((file) => !excluded.some((folder) => file.startsWith(folder + path.sep)));
  return [...relevant, ...files.filter((file) => existsSync(path.join(root, file)))].sort();
}

/** Returns a hash of all files the build depends on. */
function sourceHash(): string {
  const hash = createHash("sha256");
  for (const file of sourceFiles())
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update("\0");
  return hash.digest("hex");
}

function isBuilt(wanted: string): boolean {
  return (
    existsSync(stampFile) && existsSync(path.join(root, ".next/BUILD_ID")) && readFileSync(stampFile, "utf8") === wanted
  );
}

/** Runs `next build` when the sources have changed since the last build. Throws Error with the build's output. */
export async function ensureBuilt(say: (line: string) => void): Promise<void> {
  const wanted = sourceHash();
  if (isBuilt(wanted)) return;
  const lock = await buildLock();
  try {
    if (isBuilt(wanted)) return;
    say("Building the site, about a minute …");
    rmSync(stampFile, { force: true });
    await nextBuild();
    writeFileSync(stampFile, wanted);
  } finally {
    lock.release();
  }
}

/** Waits for a build in another process, so that one runs at a time. */
async function buildLock(): Promise<{ release(): void }> {
  // Not in .next, which the build clears.
  const folder = path.join(root, "node_modules/.cache/atoll");
  mkdirSync(folder, { recursive: true });
  const deadline = performance.now() + buildTimeoutMs;
  for (;;) {
    try {
      return takeLock(path.join(folder, "build.lock"));
    } catch (error) {
      if (!(error instanceof LockedError) || performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

function nextBuild(): Promise<void> {
  const next = path.join(root, "node_modules/next/dist/bin/next");
  const env = { ...process.env, NODE_ENV: "production" as const, NEXT_TELEMETRY_DISABLED: "1" };
  return runNode("The site could not be built", [next, "build"], env);
}
