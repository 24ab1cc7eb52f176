import "server-only";
import { originalKey, pathOfKey } from "@/lib/storage/keys";
import { versionsOf } from "@/lib/storage/list";
import { deleteVersions } from "@/lib/storage/objects";
import { selectCanceled } from "./rows";

/**
 * Removes every version at these paths of an upload, as far as they are canceled. First listed, then asked for: what was
 * there while its path was canceled is no file of anybody's, even if the path is named again a moment later; what arrives
 * after that is not in the listing. Outside of any transaction, so nobody waits for the storage. Bears being repeated.
 * Throws AppError UNAVAILABLE, INTERNAL.
 */
export async function removeCanceled(uploadId: string, prefix: string, paths: string[]): Promise<void> {
  const keys = paths.map((path) => originalKey(prefix, path));
  for await (const versions of versionsOf(prefix, keys)) {
    const found = [...new Set(versions.map(({ key }) => pathOfKey(prefix, key)))];
    const canceled = await selectCanceled(uploadId, found);
    await deleteVersions(versions.filter(({ key }) => canceled.has(pathOfKey(prefix, key))));
  }
}
