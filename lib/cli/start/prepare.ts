import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import type { Env } from "@/lib/env";
import { root, typescriptArgs, typescriptEnv } from "../install.mjs";
import { type DataDir, writePrivately } from "./data-dir";
import { runNode } from "./run-node";

/** Brings the media bucket to what lib/infra wants of it. Expects the whole environment in process.env. Throws AppError. */
export async function applyBucketSettings(env: Env, say: (line: string) => void): Promise<void> {
  const [{ applyBucket }, { mediaBucket }, { closeStorage, storage }, { isAws }] = await Promise.all([
    import("@/lib/infra/apply"),
    import("@/lib/infra/settings"),
    import("@/lib/storage/client"),
    import("@/lib/storage/endpoint"),
  ]);
  // A rule against plain http would lock out everything that uses it, the site too.
  const ways = [env.S3_ENDPOINT, env.S3_PUBLIC_ENDPOINT].filter((endpoint) => endpoint !== undefined);
  const secure = isAws(env.S3_ENDPOINT) || (ways.length > 0 && ways.every((endpoint) => endpoint.startsWith("https:")));
  const settings = mediaBucket({ bucket: env.S3_BUCKET, origins: [env.ATOLL_URL], secure });
  try {
    for (const { aspect, state, detail } of await applyBucket(storage(), settings)) {
      if (state === "failed") say(`The bucket's ${aspect} could not be set: ${detail ?? "no reason given"}`);
      else if (detail !== null) say(`The bucket's ${aspect}: ${detail}`);
    }
  } finally {
    closeStorage();
  }
}

// "unseeded" while the demo is being made, "unshown" until a start that got ready has shown its password.
const stateFile = "demo-state";

function demoState(dataDir: DataDir): string {
  const file = dataDir.file(stateFile);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** Returns whether this is the first run: the database has no user, or making the demo was cut short. */
async function needsDemo(env: Env, dataDir: DataDir): Promise<boolean> {
  if (demoState(dataDir) === "unseeded") return true;
  const client = new pg.Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  try {
    const { rows } = await client.query('SELECT EXISTS (SELECT 1 FROM "user") AS "isUsed"');
    return rows[0]?.isUsed === false;
  } finally {
    await client.end();
  }
}

/** On the first run: the demo account and its collections. Throws Error with what the seeding process said. */
export async function makeDemo(env: Env, dataDir: DataDir, say: (line: string) => void): Promise<void> {
  if (!(await needsDemo(env, dataDir))) return;
  say("Painting the demo's pictures …");
  writePrivately(dataDir.file(stateFile), "unseeded");
  const file = dataDir.file("demo-password");
  const earlier = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  const password = env.ATOLL_DEMO_PASSWORD ?? (earlier || randomBytes(9).toString("base64url"));
  writePrivately(file, `${password}\n`);
  await seed(password);
  writePrivately(dataDir.file(stateFile), "unshown");
}

/** The demo's password, the one time it is to be shown; it stays in the data dir. */
export function demoPasswordToShow(dataDir: DataDir): string | null {
  if (demoState(dataDir) !== "unshown") return null;
  rmSync(dataDir.file(stateFile));
  return readFileSync(dataDir.file("demo-password"), "utf8").trim();
}

// In a process of its own: pictures take memory that need not stay.
function seed(password: string): Promise<void> {
  const args = typescriptArgs(path.join(root, "prisma/seed.ts"), []);
  const env = { ...process.env, ...typescriptEnv, ATOLL_DEMO_PASSWORD: password };
  return runNode("The demo could not be made", args, env);
}
