import { maxPreviewBytes, type Preview, previewsToTry } from "../raw/preview";
import type { Estimate } from "./estimate";
import type { FileView } from "./file-view";
import { estimateJpeg } from "./jpeg";

/** Estimates a raw file by the previews that are tried one after another, each a JPEG that is read as a whole. */
export function estimateRaw(view: FileView): Estimate | null {
  const estimates = previewsToTry(view).flatMap((preview) => previewEstimate(view, preview) ?? []);
  const [largest] = estimates.toSorted((a, b) => b.memoryBytes - a.memoryBytes);
  if (!largest) return null;
  return { ...largest, seconds: estimates.reduce((sum, { seconds }) => sum + seconds, 0) };
}

function previewEstimate(view: FileView, { at }: Preview): Estimate | null {
  const jpeg = view.part(at, maxPreviewBytes);
  const estimate = estimateJpeg(jpeg);
  return estimate && { ...estimate, memoryBytes: estimate.memoryBytes + jpeg.size };
}
