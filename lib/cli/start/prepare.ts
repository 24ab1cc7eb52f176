import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import type { Env } from "@/lib/env";
import { prepareSession } from "@/lib/postgres/session.mjs";
import { root, typescriptArgs, typescriptEnv } from "../install.mjs";
import { type DataDir, writePrivateFile } from "./data-dir";
import { runNode } from "./run-node";

/** Applies the settings of lib/infra to the media bucket. Expects the whole environment in process.env. Throws AppError. */
export async function applyBucketSettings(env: Env, say: (line: string) => void): Promise<void> {
  const [{ applyBucket }, { mediaBucket }, { closeStorage, storage }, { isAws }] = await Promise.all([
    import("@/lib/infra/apply"),
    import("@/lib/infra/settings"),
    import("@/lib/storage/client"),
    import("@/lib/storage/endpoint"),
  ]);
  // The policy may refuse plain http only if browsers and the site both use https.
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

// "unseeded" while the demo is being created, "unshown" until its password has been printed.
const stateFile = "demo-state";

function demoState(dataDir: DataDir): string {
  const file = dataDir.file(stateFile);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** Tells whether to create the demo: the database has no user, or an earlier run was interrupted. */
async function needsDemo(env: Env, dataDir: DataDir): Promise<boolean> {
  if (demoState(dataDir) === "unseeded") return true;
  const client = new pg.Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  try {
    await prepareSession(client);
    const { rows } = await client.query('SELECT EXISTS (SELECT 1 FROM "user") AS "isUsed"');
    return rows[0]?.isUsed === false;
  } finally {
    await client.end();
  }
}

/** Creates the demo account and its collections on the first run. Throws Error with the seeding process's output. */
export async function makeDemo(env: Env, dataDir: DataDir, say: (line: string) => void): Promise<void> {
  if (!(await needsDemo(env, dataDir))) return;
  say("Creating the demo …");
  writePrivateFile(dataDir.file(stateFile), "unseeded");
  const file = dataDir.file("demo-password");
  const earlier = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  const password = env.ATOLL_DEMO_PASSWORD ?? (earlier || randomBytes(9).toString("base64url"));
  writePrivateFile(file, `${password}\n`);
  await seed(password);
  writePrivateFile(dataDir.file(stateFile), "unshown");
}

/** Returns the demo's password once, for printing; null afterwards. It stays in the data dir. */
export function demoPasswordToShow(dataDir: DataDir): string | null {
  if (demoState(dataDir) !== "unshown") return null;
  rmSync(dataDir.file(stateFile));
  return readFileSync(dataDir.file("demo-password"), "utf8").trim();
}

// In its own process, whose memory is freed when the pictures are done.
function seed(password: string): Promise<void> {
  const args = typescriptArgs(path.join(root, "prisma/seed.ts"), []);
  const env = { ...process.env, ...typescriptEnv, ATOLL_DEMO_PASSWORD: password };
  return runNode("The demo could not be created", args, env);
}
