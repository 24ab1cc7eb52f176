import "server-only";
import { removeStaleTempDirs } from "@/lib/derive/temp";
import { revisionsToDerive } from "@/lib/media/queries";
import { expireUploads } from "@/lib/upload/commands";
import { uploadsToVerify } from "@/lib/upload/queries";
import { insertDerive, insertVerify, laterPriority } from "./boss";
import type { JobContext } from "./handlers";

const uploadsAtOnce = 100;
const revisionsAtOnce = 1_000;

/** Queues what a crash between commit and send left out, and ends what ran out of time. What is queued already is not doubled. */
export async function sweep({ boss, viewer, log }: JobContext): Promise<void> {
  const expired = await expireUploads(viewer);
  if (expired > 0) log.info({ expired }, "uploads expired");
  await insertVerify(boss, await uploadsToVerify(viewer, uploadsAtOnce));
  await insertDerive(boss, await revisionsToDerive(viewer, revisionsAtOnce), laterPriority);
  await removeStaleTempDirs();
}
