import { type Budget, budgetOf } from "./budget/budget";
import { contentTypeOf } from "./content-type";
import { type MetadataReading, readMetadata } from "./metadata/metadata";
import { derivePicture, isDerived } from "./picture";
import type { Derivative } from "./thumbnails";

/** What became of a file. */
export type Outcome =
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
  | { state: "rejected"; contentType: string; reason: string };

/** The result of inspecting a file, before anything is stored or recorded. */
export type FileDerivation = { metadata: MetadataReading } & Outcome;

/** What a file is, and what decoding it takes: null where nothing is left to be decoded, as its derivation is clear. */
export type Inspected =
  | { contentType: string; metadata: MetadataReading; budget: Extract<Budget, { fits: true }> }
  | { budget: null; derivation: FileDerivation };

/**
 * Detects a file's type, reads its metadata and estimates what decoding it takes, without decoding it. A picture that takes too
 * much is rejected. `isBeginning`: the file is a prefix, so only its type and its metadata are read.
 */
export async function inspectFile(filePath: string, isBeginning = false): Promise<Inspected> {
  const contentType = await contentTypeOf(filePath);
  // Of files without thumbnails, too: HEIC and raw files say when and where they were taken.
  const metadata = readMetadata(filePath);
  if (isBeginning || !isDerived(contentType))
    return { budget: null, derivation: { state: "kept", contentType, metadata } };
  const budget = budgetOf(filePath, contentType);
  if (budget.fits) return { contentType, metadata, budget };
  return { budget: null, derivation: { state: "rejected", contentType, metadata, reason: budget.reason } };
}

/** Derives the thumbnails of a file that was inspected. */
export async function deriveInspected(filePath: string, contentType: string): Promise<Outcome> {
  return { contentType, ...(await derivePicture(filePath, contentType)) };
}

/** Inspects a file and derives its thumbnails in this process; writes nothing. `isBeginning` as of `inspectFile`. */
export async function deriveFile(filePath: string, isBeginning = false): Promise<FileDerivation> {
  const inspected = await inspectFile(filePath, isBeginning);
  if (inspected.budget === null) return inspected.derivation;
  const { contentType, metadata } = inspected;
  return { metadata, ...(await deriveInspected(filePath, contentType)) };
}
