import "server-only";
import { AppError } from "@/lib/errors";
import { originalKey } from "@/lib/storage/keys";
import { copyObject } from "@/lib/storage/objects/copy";
import { headObject } from "@/lib/storage/objects/objects";
import type { BucketPermit } from "@/lib/storage/permit/permit";
import { keysOfFile } from "../file/keys";
import { type FileToCopy, selectCopies, settleSame } from "./rows";

const copiesAtOnce = 4;

/**
 * Copies files that the collection has at other paths to the paths of this upload, within the storage, so that the listing
 * shows them like any other file. Leaves objects that are there already, except versions of a file from before it changed.
 * Idempotent. Throws AppError READ_ONLY, UNAVAILABLE, INTERNAL.
 */
export async function copyKnownFiles(
  permit: BucketPermit,
  upload: { id: string; collectionId: string },
  prefix: string,
): Promise<void> {
  await settleSame(upload);
  for (let after = ""; ; ) {
    const page = await selectCopies(upload.id, after);
    const last = page.at(-1);
    if (!last) return;
    after = last.path;
    const next = async (): Promise<void> => {
      for (let file = page.pop(); file; file = page.pop()) await copyOne(permit, prefix, file);
    };
    await Promise.all(Array.from({ length: copiesAtOnce }, next));
  }
}

async function copyOne(permit: BucketPermit, prefix: string, file: FileToCopy): Promise<void> {
  const { key, version_id: versionId } = file;
  const to = originalKey(prefix, file.path);
  const sizeBytes = Number(file.size_bytes);
  for (const at of keysOfFile(prefix, file)) {
    const there = await headObject({ key: at });
    if (there?.sizeBytes === sizeBytes && there.versionId !== file.stale_version) return;
  }
  try {
    await copyObject(permit, { from: { key, versionId }, to, sizeBytes });
  } catch (error) {
    // The source is gone: the file will be recorded as missing, and the other copies continue.
    if (!(error instanceof AppError && error.code === "NOT_FOUND")) throw error;
  }
}
