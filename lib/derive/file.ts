import { contentTypeOf } from "./content-type";
import type { Exif } from "./exif";
import { type Derivative, derivePicture, isDerived } from "./picture";

/** What a file turned out to be, before anything is stored or recorded. */
export type FileDerivation =
  | ({ state: "ready"; contentType: string; width: number; height: number; derivatives: Derivative[] } & Exif)
  | { state: "kept"; contentType: string }
  | { state: "rejected"; contentType: string; reason: string };

/** Bytes to derivation: reads the one file, writes nothing. Of a file that is only the beginning of one, its type is all there is. */
export async function deriveFile(filePath: string, isBeginning = false): Promise<FileDerivation> {
  const contentType = await contentTypeOf(filePath);
  if (isBeginning || !isDerived(contentType)) return { state: "kept", contentType };
  return { contentType, ...(await derivePicture(filePath, contentType)) };
}
