import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { pino } from "pino";
import { LockedError, takeLock } from "@/lib/embedded/lock";
import type { S3Role } from "@/lib/embedded/s3/auth/configured-roles";
import type { S3User } from "@/lib/embedded/s3/auth/users";
import type { S3Topic } from "@/lib/embedded/s3/notifications/topic";
import { EnvError, parseStartEnv } from "@/lib/env";
import { notifyParent, stopRequested } from "./process/lifetime";
import { processLog } from "./process/process-log";
import { type Command, parseCommand, UsageError } from "./usage";

const help = `Usage: atoll s3 [--port N] [--host ADDRESS] [--data-dir DIR]

Runs the embedded S3 store alone until Ctrl-C. Objects are stored in DIR/s3 (ATOLL_DATA_DIR, .data).

  --port N          TCP port (default ATOLL_S3_PORT; 0 or absent: any free port)
  --host ADDRESS    address to listen on (default 127.0.0.1; 0.0.0.0 for every interface)
  --data-dir DIR    data directory (default ATOLL_DATA_DIR)

ATOLL_S3_ACCESS_KEY and ATOLL_S3_SECRET_KEY are the key pair of the owner.
ATOLL_S3_USERS=name:accessKey:secretKey,… defines more users.
ATOLL_S3_POLICIES is a JSON file of policies of these users, which then may do nothing else:
{ "name": [{ "Statement": … }], … }
ATOLL_S3_ROLES is a JSON file of roles for AssumeRole of STS:
[{ "name": "uploader", "trust": ["user", …], "policies": [{ "Statement": … }], "maxSessionSeconds": 3600 }, …]
ATOLL_S3_TOPICS is a JSON file of topics for bucket notifications: [{ "name": "media", "endpoint": "https://…" }, …]`;

type Policies = Record<string, object[]>;

/**
 * Returns the owner and the users of ATOLL_S3_USERS, each with its policies. Throws EnvError, also for policies of a user
 * that does not exist: that user may have been meant to be limited.
 */
function usersFrom(environment: NodeJS.ProcessEnv, policies: Policies): S3User[] {
  const { ATOLL_S3_ACCESS_KEY: accessKeyId, ATOLL_S3_SECRET_KEY: secretAccessKey, ATOLL_S3_USERS } = environment;
  if (!accessKeyId) throw new EnvError("ATOLL_S3_ACCESS_KEY is missing: choose an access key for the store's owner");
  if (!secretAccessKey) throw new EnvError("ATOLL_S3_SECRET_KEY is missing: choose a secret key for the store's owner");
  const entries = (ATOLL_S3_USERS ?? "").split(",").filter(Boolean);
  const users = [
    { name: "root", accessKeyId, secretAccessKey },
    ...entries.map((entry) => {
      const [name, id, ...secret] = entry.split(":");
      if (!name || !id || secret.join(":") === "") {
        throw new EnvError("ATOLL_S3_USERS must be name:accessKey:secretKey, several separated by commas");
      }
      return { name, accessKeyId: id, secretAccessKey: secret.join(":") };
    }),
  ];
  const unknown = Object.keys(policies).find((name) => !users.some((user) => user.name === name));
  if (unknown !== undefined) throw new EnvError(`ATOLL_S3_POLICIES names ${unknown}, who is no user of ATOLL_S3_USERS`);
  return users.map((user) => {
    const own = Object.hasOwn(policies, user.name) ? policies[user.name] : undefined;
    return own ? { ...user, policies: own } : user;
  });
}

/** Reads the JSON file named by a variable; `undefined` without one. Throws EnvError. */
async function jsonFrom(variable: "ATOLL_S3_POLICIES" | "ATOLL_S3_ROLES" | "ATOLL_S3_TOPICS"): Promise<unknown> {
  const file = process.env[variable];
  if (!file) return undefined;
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new EnvError(`${variable} names a file that cannot be read: ${error.message}`);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EnvError(`${variable} names a file that is not valid JSON: ${(error as Error).message}`);
  }
}

/** Reads the list in such a file. Throws EnvError. The store validates the items. */
async function listFrom<T>(variable: "ATOLL_S3_ROLES" | "ATOLL_S3_TOPICS", things: string): Promise<T[]> {
  const list = (await jsonFrom(variable)) ?? [];
  if (Array.isArray(list)) return list as T[];
  throw new EnvError(`${variable} must name a JSON file with a list of ${things}`);
}

/** Reads ATOLL_S3_ROLES. Throws EnvError. The store validates the roles. */
export function rolesFrom(): Promise<S3Role[]> {
  return listFrom<S3Role>("ATOLL_S3_ROLES", "roles");
}

/** Reads ATOLL_S3_POLICIES. Throws EnvError. The store validates the policies. */
export async function policiesFrom(): Promise<Policies> {
  const byUser = (await jsonFrom("ATOLL_S3_POLICIES")) ?? {};
  const isTable = typeof byUser === "object" && !Array.isArray(byUser);
  if (isTable && Object.values(byUser).every((policies) => Array.isArray(policies))) return byUser as Policies;
  throw new EnvError("ATOLL_S3_POLICIES must name a JSON file with a list of policies for each user");
}

function portFrom(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError("--port must be a number from 0 to 65535");
  return port;
}

/** Locks the folder for this process: two stores on one, also in two containers, would lose objects. Throws a one-line Error. */
function lockFolder(dataDir: string): { release(): void } {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  try {
    return takeLock(path.join(dataDir, "s3.lock"));
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
    throw new Error(`The store in ${dataDir} is in use by ${error.where}: stop it first, or name another --data-dir`);
  }
}

export const s3: Command = {
  help,
  async run(args) {
    const { values } = parseCommand(help, args, {
      options: { port: { type: "string" }, host: { type: "string" }, "data-dir": { type: "string" } },
    });
    const start = parseStartEnv(process.env);
    const port = portFrom(values.port, start.ATOLL_S3_PORT);
    const users = usersFrom(process.env, await policiesFrom());
    const roles = await rolesFrom();
    const topics = await listFrom<S3Topic>("ATOLL_S3_TOPICS", "topics");
    const dataDir = path.resolve(values["data-dir"] ?? start.ATOLL_DATA_DIR);
    const lock = lockFolder(dataDir);
    const stop = stopRequested();
    const { startS3 } = await import("@/lib/embedded/s3/server");
    const store = await startS3({
      dataDir: path.join(dataDir, "s3"),
      port,
      host: values.host ?? "127.0.0.1",
      region: start.S3_REGION,
      users,
      roles,
      topics,
      logger: processLog(2, { level: "warn", base: null, timestamp: pino.stdTimeFunctions.isoTime }),
    });
    console.log(`S3 store ready at ${store.endpoint}`);
    notifyParent({ type: "ready", endpoint: store.endpoint });
    await stop;
    await store.stop();
    lock.release();
    return 0;
  },
};
