import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { headBucket } from "@/lib/storage/objects/objects";
import { queryDatabase, queryQueue } from "./rows";
import type { Health } from "./schema";

const timeoutMs = 3_000;
const lookMs = 1_000;

let latest: { at: number; health: Promise<Health> } | undefined;

/**
 * Tells whether database, storage and queue respond within three seconds. Looks once a second at most, whatever the number of
 * calls. Public: the result contains no data.
 */
export function health(_viewer: Viewer): Promise<Health> {
  if (!latest || performance.now() - latest.at >= lookMs) latest = { at: performance.now(), health: look() };
  return latest.health;
}

async function look(): Promise<Health> {
  const [database, storage, queue] = await Promise.all([checks.database(), checks.storage(), checks.queue()]);
  const all = [database, storage, queue].every((part) => part === "ok");
  return { status: all ? "ok" : "down", database, storage, queue };
}

const checks = { database: checkOf(queryDatabase), storage: checkOf(headBucket), queue: checkOf(queryQueue) };

/** Returns a check that sends no second request while one is under way: a part that hangs gets no pile of them. */
function checkOf(request: () => Promise<unknown>): () => Promise<"ok" | "down"> {
  let pending: Promise<"ok" | "down"> | undefined;
  return async () => {
    pending ??= request()
      .then(
        () => "ok" as const,
        // The reason is in the log of the request that failed.
        () => "down" as const,
      )
      .finally(() => {
        pending = undefined;
      });
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<"down">((resolve) => {
      timer = setTimeout(() => resolve("down"), timeoutMs);
    });
    return Promise.race([pending, timeout]).finally(() => clearTimeout(timer));
  };
}
