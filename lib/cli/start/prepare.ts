import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { root, typescriptArgs, typescriptEnv } from "../install.mjs";

/** Brings the media bucket's settings to what lib/infra says. Expects the whole environment in process.env. */
export async function applyBucketSettings(): Promise<void> {
  // TODO(lead): applyBucket of lib/infra
}

/** Makes the demo account and its collections, as a process of its own: pictures take memory that need not stay. */
export async function seedDemo(): Promise<void> {
  const args = typescriptArgs(path.join(root, "prisma/seed.ts"), []);
  try {
    await promisify(execFile)(process.execPath, args, { cwd: root, env: { ...process.env, ...typescriptEnv } });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    throw new Error(`The demo could not be made:\n${stderr.trim()}`, { cause: error });
  }
}
