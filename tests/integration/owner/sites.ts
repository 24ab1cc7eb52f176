import { afterAll, inject, vi } from "vitest";
import { databaseUrl, onServer, randomName } from "@/tests/support/template";

const { adminUrl, template } = inject("services");
const made: string[] = [];
afterAll(async () => {
  await leave();
  for (const name of made) await onServer(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
});

/** Closes the connections of the site that this process is now. */
async function leave(): Promise<void> {
  const { stopQueue } = await import("@/lib/jobs/queue/queue");
  await stopQueue();
  const { closeDb } = await import("@/lib/db");
  await closeDb();
  const { closeStorage } = await import("@/lib/storage/client");
  closeStorage();
}

/** Creates a database: empty and migrated, or a copy of another one as a restored dump is. Returns its URL. */
export async function newDatabase(from: string = template): Promise<string> {
  await leave();
  const name = randomName("atoll_owner");
  made.push(name);
  await onServer(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${from}`);
  return databaseUrl(adminUrl, name);
}

export const nameOf = (url: string) => new URL(url).pathname.slice(1);

/** Makes this process the site of a database: everything is loaded anew, with its own connections. */
export async function siteOf(url: string, more: Record<string, string> = {}) {
  await leave();
  Object.assign(process.env, { ATOLL_DRILL: "", ...more, DATABASE_URL: url });
  vi.resetModules();
  const [
    database,
    owner,
    look,
    queries,
    uploads,
    files,
    parts,
    reap,
    verify,
    measure,
    storage,
    list,
    derive,
    ownerFile,
  ] = await Promise.all([
    import("@/lib/db"),
    import("@/lib/owner/commands"),
    import("@/lib/owner/look"),
    import("@/lib/upload/queries"),
    import("@/lib/upload/commands"),
    import("@/lib/upload/file/commands"),
    import("@/lib/upload/part/commands"),
    import("@/lib/upload/verify/reap"),
    import("@/lib/upload/verify/verify"),
    import("@/lib/upload/verify/measure"),
    import("@/lib/storage/client"),
    import("@/lib/storage/objects/list"),
    import("@/lib/derive/revision"),
    import("@/lib/storage/owner-file"),
  ]);
  return {
    ...database,
    ...owner,
    ...look,
    ...queries,
    ...uploads,
    ...files,
    ...parts,
    ...reap,
    ...verify,
    ...measure,
    ...storage,
    ...list,
    ...derive,
    ...ownerFile,
  };
}
export type Site = Awaited<ReturnType<typeof siteOf>>;

/** Returns the names of all requests that this process sends to its bucket from now on. */
export function requestsOf({ storage }: Site): string[] {
  const sent: string[] = [];
  storage().client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        sent.push(commandName ?? "");
        return next(args);
      },
    { step: "initialize" },
  );
  return sent;
}

export const isWrite = (command: string) => !/^(Get|Head|List)/.test(command);
