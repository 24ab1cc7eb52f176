import { contentTypeOf } from "./content-type";
import { type MetadataReading, readMetadata } from "./metadata/metadata";
import { derivePicture, isDerived } from "./picture";
import type { Derivative } from "./thumbnails";

/** The result of inspecting a file, before anything is stored or recorded. */
export type FileDerivation = { metadata: MetadataReading } & (
  | {
      state: "ready";
      contentType: string;
      width: number;
      height: number;
      derivatives: Derivative[];
      warning: string | null;
      displayNote: string | null;
    }
  | { state: "kept"; contentType: string }
  | { state: "rejected"; contentType: string; reason: string }
);

/**
 * Inspects a file and derives its thumbnails; writes nothing. `isBeginning`: the file is a prefix, so only its type and its
 * metadata are read.
 */
export async function deriveFile(filePath: string, isBeginning = false): Promise<FileDerivation> {
  const contentType = await contentTypeOf(filePath);
  // Of files without thumbnails, too: HEIC and raw files say when and where they were taken.
  const metadata = readMetadata(filePath);
  if (isBeginning || !isDerived(contentType)) return { state: "kept", contentType, metadata };
  return { contentType, metadata, ...(await derivePicture(filePath, contentType)) };
}
