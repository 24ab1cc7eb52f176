import { type Budget, budgetOf } from "./budget/budget";
import { contentTypeOf } from "./content-type";
import type { Exif } from "./exif";
import { type Derivative, derivePicture, isDerived } from "./picture";

/** The result of inspecting a file, before anything is stored or recorded. */
export type FileDerivation =
  | ({ state: "ready"; contentType: string; width: number; height: number; derivatives: Derivative[] } & Exif)
  | { state: "kept"; contentType: string }
  | { state: "rejected"; contentType: string; reason: string };

/** What a file is, and what decoding it takes: null where nothing is left to be decoded, as its derivation is clear. */
export type Inspected =
  | { contentType: string; budget: Extract<Budget, { fits: true }> }
  | { budget: null; derivation: FileDerivation };

/**
 * Detects a file's type and estimates what decoding it takes, without decoding it. A picture that takes too much is rejected.
 * `isBeginning`: the file is a prefix, so only its type is detected.
 */
export async function inspectFile(filePath: string, isBeginning = false): Promise<Inspected> {
  const contentType = await contentTypeOf(filePath);
  if (isBeginning || !isDerived(contentType)) return { budget: null, derivation: { state: "kept", contentType } };
  const budget = budgetOf(filePath, contentType);
  if (budget.fits) return { contentType, budget };
  return { budget: null, derivation: { state: "rejected", contentType, reason: budget.reason } };
}

/** Derives the thumbnails of a file that was inspected. */
export async function deriveInspected(filePath: string, contentType: string): Promise<FileDerivation> {
  return { contentType, ...(await derivePicture(filePath, contentType)) };
}

/** Inspects a file and derives its thumbnails in this process; writes nothing. `isBeginning` as of `inspectFile`. */
export async function deriveFile(filePath: string, isBeginning = false): Promise<FileDerivation> {
  const inspected = await inspectFile(filePath, isBeginning);
  return inspected.budget ? deriveInspected(filePath, inspected.contentType) : inspected.derivation;
}
