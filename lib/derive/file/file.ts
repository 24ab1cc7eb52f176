import { type Budget, budgetOf, repairNeedOf } from "../budget/budget";
import type { Need } from "../budget/estimate";
import { type MetadataReading, readMetadata } from "../metadata/metadata";
import { rawTypes } from "../raw/kind";
import { contentTypeOf } from "./content-type";
import { derivePicture, isDerived, rejectDamaged } from "./picture";
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
  // The preview of a raw file takes too much, and not its picture.
  if (rawTypes.includes(contentType)) return { budget: null, derivation: { state: "kept", contentType, metadata } };
  return { budget: null, derivation: { state: "rejected", contentType, metadata, reason: budget.reason } };
}

/** A damaged picture: what repairing it takes, and what becomes of it otherwise. */
export type Repair = { need: Need; otherwise: Outcome };

/** Derives the thumbnails of a file that was inspected. Of a damaged one it returns what is needed to repair it. */
export async function deriveInspected(filePath: string, contentType: string): Promise<Outcome | { repair: Repair }> {
  const derivation = await derivePicture(filePath, contentType, "show");
  if (derivation.state !== "damaged") return { contentType, ...derivation };
  const need = repairNeedOf(filePath, contentType);
  const otherwise = { contentType, ...rejectDamaged(contentType) };
  return need ? { repair: { need, otherwise } } : otherwise;
}

/** Derives the thumbnails of what can be read of a damaged file. */
export async function repairInspected(filePath: string, contentType: string): Promise<Outcome> {
  const derivation = await derivePicture(filePath, contentType, "repair");
  return { contentType, ...(derivation.state === "damaged" ? rejectDamaged(contentType) : derivation) };
}

/** Inspects a file and derives its thumbnails in this process; writes nothing. `isBeginning` as of `inspectFile`. */
export async function deriveFile(filePath: string, isBeginning = false): Promise<FileDerivation> {
  const inspected = await inspectFile(filePath, isBeginning);
  if (inspected.budget === null) return inspected.derivation;
  const { contentType, metadata } = inspected;
  const derived = await deriveInspected(filePath, contentType);
  return { metadata, ...("repair" in derived ? await repairInspected(filePath, contentType) : derived) };
}
