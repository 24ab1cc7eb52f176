import "server-only";
import { deleteVersions } from "@/lib/storage/objects/deletion";
import { versionsOf } from "@/lib/storage/objects/list";
import type { BucketPermit } from "@/lib/storage/permit/permit";
import { filePathOf, keysOfFile } from "./keys";
import { type FileRow, selectRemovable } from "./rows";

/**
 * Removes every version of those of an upload's files that are canceled, under each key that a file may have. Lists first and then selects the canceled paths: a
 * version listed while its path was canceled belongs to no registered file, even if the path is registered again a moment
 * later, and what arrives after that is not in the listing. Runs outside of transactions, so that no lock waits for the
 * storage. Leaves them where the upload keeps what no revision pins: a database that did not own the bucket when they were sent may not
 * know that they became media, and `stale_version` keeps them from becoming it again. Idempotent. Throws AppError READ_ONLY, UNAVAILABLE, INTERNAL.
 */
export async function removeCanceled(
  permit: BucketPermit,
  uploadId: string,
  prefix: string,
  files: Pick<FileRow, "path" | "sent_as">[],
): Promise<void> {
  const keys = files.flatMap((file) => keysOfFile(prefix, file));
  for await (const versions of versionsOf(prefix, keys)) {
    const found = [...new Set(versions.map(({ key }) => filePathOf(prefix, key)))];
    const removable = await selectRemovable(uploadId, found);
    await deleteVersions(
      permit,
      versions.filter(({ key }) => removable.has(filePathOf(prefix, key))),
    );
  }
}
