import "server-only";
import type { Viewer } from "@/lib/auth/viewer";
import { headBucket } from "@/lib/storage/objects";
import { askDatabase, askQueue } from "./rows";
import type { Health } from "./schema";

const patienceMs = 3_000;

/** Whether the parts the site stands on answer within three seconds. Anybody may ask: it says nothing of what is kept. */
export async function health(_viewer: Viewer): Promise<Health> {
  const [database, storage, queue] = await Promise.all([answers(askDatabase), answers(headBucket), answers(askQueue)]);
  const all = [database, storage, queue].every((part) => part === "ok");
  return { status: all ? "ok" : "down", database, storage, queue };
}

async function answers(ask: () => Promise<unknown>): Promise<"ok" | "down"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"down">((resolve) => {
    timer = setTimeout(() => resolve("down"), patienceMs);
  });
  const asked = ask().then(
    () => "ok" as const,
    // That it failed is the answer; why is in the log of whatever needed it.
    () => "down" as const,
  );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
