import { randomBytes } from "node:crypto";
import { startPostgres } from "@/lib/embedded/postgres";
import type { StartEnv } from "@/lib/env";
import { type DataDir, readOrCreate } from "./data-dir";
import { migrate } from "./migrate";
import type { Parts } from "./parts";
import type { StopStack } from "./stop-stack";
import { type KeyPair, startStore } from "./store";

export type ServiceContext = {
  start: StartEnv;
  parts: Parts;
  dataDir: DataDir;
  started: StopStack;
  say: (line: string) => void;
  onFatal: (error: Error) => void;
};

/** Migrates the database, which it starts if it is embedded. Returns the variables that point to it. */
export async function databaseEnv({
  start,
  parts,
  dataDir,
  started,
  say,
}: ServiceContext): Promise<Record<string, string>> {
  if (parts.database === "given" && start.DATABASE_URL) {
    await migrate(start.DATABASE_URL, say);
    return {};
  }
  const postgres = await startPostgres({ dataDir: dataDir.file("postgres"), port: start.ATOLL_PG_PORT, say });
  await started.add("PostgreSQL", postgres.stop);
  await migrate(postgres.url, say);
  const newSecret = () => randomBytes(32).toString("base64url");
  const secret = start.NEXTAUTH_SECRET ?? readOrCreate(dataDir.file("nextauth-secret"), newSecret).value;
  return { DATABASE_URL: postgres.url, NEXTAUTH_SECRET: secret };
}

/**
 * Starts the store if it is embedded. Returns the variables that point to it, and the key pair to set the bucket up with;
 * without one the SDK's default chain has it.
 */
export async function storageEnv({
  start,
  parts,
  dataDir,
  started,
  say,
  onFatal,
}: ServiceContext): Promise<{ env: Record<string, string>; operator?: KeyPair }> {
  if (parts.storage === "given") return { env: {} };
  const store = await startStore(start, dataDir, say, onFatal);
  await started.add("the S3 store", store.child.stop);
  await store.child.ready;
  return { env: store.env, operator: store.operator };
}
