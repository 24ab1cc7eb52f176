import { execFile } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import type { Env } from "@/lib/env";
import { root, typescriptArgs, typescriptEnv } from "../install.mjs";
import { type DataDir, writePrivately } from "./data-dir";

/** Brings the media bucket to what lib/infra wants of it. Expects the whole environment in process.env. Throws AppError. */
export async function applyBucketSettings(env: Env, say: (line: string) => void): Promise<void> {
  const [{ applyBucket }, { mediaBucket }, { closeStorage, storage }, { isAws }] = await Promise.all([
    import("@/lib/infra/apply"),
    import("@/lib/infra/settings"),
    import("@/lib/storage/client"),
    import("@/lib/storage/endpoint"),
  ]);
  const reachedBy = env.S3_PUBLIC_ENDPOINT ?? env.S3_ENDPOINT;
  const secure = isAws(env.S3_ENDPOINT) || (reachedBy?.startsWith("https:") ?? false);
  const settings = mediaBucket({ bucket: env.S3_BUCKET, origins: [env.ATOLL_URL], secure });
  try {
    for (const { aspect, state, detail } of await applyBucket(storage(), settings)) {
      if (state === "failed") say(`The bucket's ${aspect} could not be set: ${detail ?? "no reason given"}`);
    }
  } finally {
    closeStorage();
  }
}

const unfinishedFile = "demo-unfinished";

/** The first run is the one that finds nobody in the database, or a demo that was cut short. */
export async function needsDemo(env: Env, dataDir: DataDir): Promise<boolean> {
  if (existsSync(dataDir.file(unfinishedFile))) return true;
  const client = new pg.Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  try {
    const { rows } = await client.query('SELECT EXISTS (SELECT 1 FROM "user") AS "isUsed"');
    return rows[0]?.isUsed === false;
  } finally {
    await client.end();
  }
}

/**
 * Makes the demo account and its collections, in a process of its own: pictures take memory that need not stay.
 * Throws Error with what that process said.
 */
export async function seedDemo(dataDir: DataDir, password: string): Promise<void> {
  const unfinished = dataDir.file(unfinishedFile);
  writeFileSync(unfinished, "");
  writePrivately(dataDir.file("demo-password"), `${password}\n`);
  const env = { ...process.env, ...typescriptEnv, ATOLL_DEMO_PASSWORD: password };
  const seeding = promisify(execFile)(process.execPath, typescriptArgs(path.join(root, "prisma/seed.ts"), []), {
    cwd: root,
    env,
  });
  const end = () => seeding.child.kill();
  process.once("exit", end);
  try {
    await seeding;
  } catch (error) {
    const { stderr = "", message } = error as { stderr?: string; message: string };
    throw new Error(`The demo could not be made:\n${stderr.trim() || message}`, { cause: error });
  } finally {
    process.off("exit", end);
  }
  rmSync(unfinished);
}
