import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { type Env, EnvError, isLoopback, type StartEnv } from "@/lib/env";
import { root, typescriptArgs, typescriptEnv } from "../install.mjs";
import { runNode } from "../process/run-node";
import { type DataDir, writePrivateFile } from "./data-dir";
import { connectDatabase } from "./database";
import type { Parts } from "./parts";

/**
 * Tells whether this start may have the demo: an account with a known name, so only where nothing real is. By default where
 * both services are embedded and the site is on this machine only; ATOLL_DEMO=0 turns it off. Throws EnvError for ATOLL_DEMO=1
 * elsewhere.
 */
export function mayHaveDemo({ ATOLL_DEMO, ATOLL_DRILL, ATOLL_URL }: StartEnv, { database, storage }: Parts): boolean {
  const isAllowed = database === "embedded" && storage === "embedded" && isLoopback(ATOLL_URL) && !ATOLL_DRILL;
  if (ATOLL_DEMO && !isAllowed)
    throw new EnvError(
      "ATOLL_DEMO=1 needs the embedded database and store, and an ATOLL_URL on localhost: there is no demo on a real site",
    );
  return ATOLL_DEMO ?? isAllowed;
}

// "unseeded" while the demo is being created, "unshown" until its password has been shown.
const stateFile = "demo-state";
const passwordFile = "demo-password";

function demoState(dataDir: DataDir): string {
  const file = dataDir.file(stateFile);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** Tells whether to create the demo: the database has no user, or an earlier run was interrupted. */
async function needsDemo(env: Env, dataDir: DataDir): Promise<boolean> {
  if (demoState(dataDir) === "unseeded") return true;
  const client = await connectDatabase(env.DATABASE_URL);
  try {
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
  const file = dataDir.file(passwordFile);
  const earlier = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  const password = env.ATOLL_DEMO_PASSWORD ?? (earlier || randomBytes(9).toString("base64url"));
  writePrivateFile(file, `${password}\n`);
  await seed(password);
  writePrivateFile(dataDir.file(stateFile), "unshown");
}

/**
 * Returns the line that tells how to sign in to the demo, once; null afterwards. Only a terminal gets the password: other
 * output is kept in a journal.
 */
export function demoLine(dataDir: DataDir, isTerminal: boolean): string | null {
  if (demoState(dataDir) !== "unshown") return null;
  rmSync(dataDir.file(stateFile));
  const file = dataDir.file(passwordFile);
  const where = isTerminal ? `the password ${readFileSync(file, "utf8").trim()}` : `the password in ${file}`;
  return `Sign in as demo@atoll.local with ${where}`;
}

// In its own process, whose memory is freed when the pictures are done.
function seed(password: string): Promise<void> {
  const args = typescriptArgs(path.join(root, "prisma/seed.ts"), []);
  const env = { ...process.env, ...typescriptEnv, ATOLL_DEMO_PASSWORD: password };
  return runNode("The demo could not be created", args, env);
}
