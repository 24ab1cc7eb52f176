import type { Database } from "./database/database";
import { isId } from "./database/ids";
import type { BlobFiles } from "./disk/blobs";

/**
 * Removes unreferenced files, which a crash leaves: published but not committed, or deleted but not yet removed.
 * @param newestId files with later ids belong to this run and are kept
 * @param stopped checked before each folder
 * @returns how many files were removed, and whether all folders were read
 */
export async function sweepBlobs(
  database: Database,
  blobs: BlobFiles,
  newestId: string,
  stopped: () => boolean,
): Promise<{ removed: number; isComplete: boolean }> {
  let removed = 0;
  for await (const ids of blobs.ids()) {
    if (stopped()) return { removed, isComplete: false };
    const lost = ids.filter(
      (id) => isId(id) && id < newestId && database.references.get(Buffer.from(id)) === undefined,
    );
    blobs.discard(lost);
    removed += lost.length;
    await blobs.removed();
  }
  return { removed, isComplete: true };
}
