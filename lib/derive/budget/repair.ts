import { maxScannedBytes, mostTries } from "../jpeg/scans";
import { salvagedBytes } from "../png/salvage";
import { rawTypes } from "../raw/kind";
import { firstPage } from "../tiff/first-page";
import { hasReadableSamples } from "../tiff/plan";
import { commonBytes, commonSeconds, type Need } from "./estimate";
import type { FileView } from "./file-view";
import { planWithin, samplesNeed } from "./samples";

/** What repairing takes, from what a sound picture of this header would take. */
type RepairNeed = (view: FileView, sound: Need) => Need;

/** PNG: rows are inflated and deflated again, with buffers of both. WebP: two pictures are compared, and files are written. */
const [secondsPerSalvagedByte, salvageBytes, comparedBytes, writingSeconds] = [30e-9, 16e6, 16e6, 0.5];

/** What is shown of a damaged JPEG is what its decoder makes of it; of a progressive one in several tries, without its last scans. */
const jpeg: RepairNeed = ({ sizeBytes }, { memoryBytes, seconds }) => ({
  memoryBytes: memoryBytes + Math.min(sizeBytes, maxScannedBytes),
  seconds: seconds * (1 + mostTries),
});

const png: RepairNeed = (view, { memoryBytes, seconds }) => ({
  memoryBytes: memoryBytes + salvageBytes,
  seconds: seconds + salvagedBytes(view) * secondsPerSalvagedByte,
});

const webp: RepairNeed = (_view, { memoryBytes, seconds }) => ({
  memoryBytes: memoryBytes + comparedBytes,
  seconds: 2 * seconds + writingSeconds,
});

/** Measured: behind damage its decoder takes half as much memory again. */
const gif: RepairNeed = (_view, { memoryBytes, seconds }) => ({ memoryBytes: memoryBytes * 1.5, seconds: 2 * seconds });

const tiff: RepairNeed = (view, sound) => {
  const page = firstPage(view);
  const plan = page && planWithin(page.layout, view.sizeBytes);
  if (plan?.by === "old-jpeg") return jpeg(view, sound);
  if (!page || !hasReadableSamples(page.layout)) return sound;
  const { memoryBytes, seconds } = samplesNeed(page.layout, view.sizeBytes);
  return { memoryBytes: commonBytes + memoryBytes, seconds: commonSeconds + seconds };
};

/** By the type; those that are not here take as much as a sound picture. */
export const repairNeeds: Record<string, RepairNeed> = {
  "image/jpeg": jpeg,
  "image/png": png,
  "image/webp": webp,
  "image/gif": gif,
  "image/tiff": tiff,
};
for (const contentType of rawTypes) repairNeeds[contentType] = jpeg;
