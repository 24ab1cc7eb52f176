import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { headBucket } from "@/lib/storage/objects";
import { queryDatabase, queryQueue } from "./rows";
import type { Health } from "./schema";

const timeoutMs = 3_000;

/** Checks that database, storage and queue respond within three seconds. Public: the result contains no data. */
export async function health(_viewer: Viewer): Promise<Health> {
  const [database, storage, queue] = await Promise.all([check(queryDatabase), check(headBucket), check(queryQueue)]);
  const all = [database, storage, queue].every((part) => part === "ok");
  return { status: all ? "ok" : "down", database, storage, queue };
}

async function check(request: () => Promise<unknown>): Promise<"ok" | "down"> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<"down">((resolve) => {
    timer = setTimeout(() => resolve("down"), timeoutMs);
  });
  const result = request().then(
    () => "ok" as const,
    // The reason is in the log of the request that failed.
    () => "down" as const,
  );
  return Promise.race([result, timeout]).finally(() => clearTimeout(timer));
}
