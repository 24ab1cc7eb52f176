import { contentTypeOf } from "./content-type";
import type { Exif } from "./exif";
import { type Derivative, derivePicture, isDerived } from "./picture";

/** The result of inspecting a file, before anything is stored or recorded. */
export type FileDerivation =
  | ({ state: "ready"; contentType: string; width: number; height: number; derivatives: Derivative[] } & Exif)
  | { state: "kept"; contentType: string }
  | { state: "rejected"; contentType: string; reason: string };

/**
 * Inspects a file and derives its thumbnails; writes nothing. `isBeginning`: the file is a prefix, so only its type is
 * detected.
 */
export async function deriveFile(filePath: string, isBeginning = false): Promise<FileDerivation> {
  const contentType = await contentTypeOf(filePath);
  if (isBeginning || !isDerived(contentType)) return { state: "kept", contentType };
  return { contentType, ...(await derivePicture(filePath, contentType)) };
}
