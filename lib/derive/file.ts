import { contentTypeOf } from "./content-type";
import type { Exif } from "./exif";
import { type Derivative, derivePicture, isDerived } from "./picture";

/** What a file turned out to be, before anything is stored or recorded. */
export type FileDerivation =
  | ({ state: "ready"; contentType: string; width: number; height: number; derivatives: Derivative[] } & Exif)
  | { state: "kept"; contentType: string }
  | { state: "rejected"; contentType: string; reason: string };

/** Bytes to derivation: reads the one file, writes nothing. */
export async function deriveFile(filePath: string): Promise<FileDerivation> {
  const contentType = await contentTypeOf(filePath);
  if (!isDerived(contentType)) return { state: "kept", contentType };
  return { contentType, ...(await derivePicture(filePath, contentType)) };
}
