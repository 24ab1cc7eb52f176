import "server-only";
import path from "node:path";
import type { Viewer } from "@/lib/auth/viewer";
import { AppError } from "@/lib/errors";
import { recordMetadata } from "@/lib/media/again/commands";
import { metadataVersion } from "@/lib/media/policy";
import { decodeFile } from "./decoder/decoder";
import { DecoderError } from "./decoder/errors";
import type { MetadataReading } from "./metadata/metadata";
import { fetchBeginning, fetchOriginal } from "./original/fetch-original";
import type { Pinned } from "./original/pinned-digests";
import { withTempDir } from "./original/temp-dir";

/** The header of nearly every JPEG, HEIC and AVIF is shorter. */
const beginningBytes = 256 * 1024;

/** Tells whether older rules read the revision's metadata. */
export function isOutdated(revision: { state: string; metadataVersion: number }): boolean {
  return ["ready", "kept"].includes(revision.state) && revision.metadataVersion < metadataVersion;
}

/**
 * Reads date and position of a revision again and records them. Downloads the beginning, and the whole file only if that is not
 * enough. A file that is gone or ends the decoder counts as read. Throws AppError of the storage.
 */
export async function readMetadataAgain(
  viewer: Viewer,
  revision: Pinned & { id: string },
  fetchUpToBytes: number,
): Promise<void> {
  await recordMetadata(viewer, revision.id, await read(revision, fetchUpToBytes));
}

async function read(pinned: Pinned, fetchUpToBytes: number): Promise<MetadataReading | null> {
  try {
    return await withTempDir(async (dir) => {
      const filePath = path.join(dir, "original");
      if (!(await fetchBeginning(pinned, filePath, beginningBytes))) return null;
      const metadata = await metadataOf(filePath);
      if (!metadata?.isCutOff || pinned.sizeBytes <= beginningBytes || pinned.sizeBytes > fetchUpToBytes)
        return metadata;
      return (await fetchOriginal(pinned, filePath)) ? metadataOf(filePath) : null;
    });
  } catch (error) {
    if (error instanceof DecoderError || (error instanceof AppError && error.code === "NOT_FOUND")) return null;
    throw error;
  }
}

/** Returns null for a file whose inspection takes more than it may. */
async function metadataOf(filePath: string): Promise<MetadataReading | null> {
  const decoded = await decodeFile(filePath, true);
  return "metadata" in decoded ? decoded.metadata : null;
}
