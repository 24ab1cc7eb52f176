import { commonBytes, commonSeconds, type Estimate } from "./estimate";
import type { FileView } from "./file-view";

const [lossyBytes, losslessBytes, animatedBytes] = [4.5, 6, 9];
const [lossySeconds, losslessSeconds] = [25e-9, 40e-9];

/** Estimates a WebP by its first chunk (RFC 9649): VP8 is lossy, VP8L lossless, VP8X says the canvas of either. */
export function estimateWebp(view: FileView): Estimate | null {
  const head = view.read(12, 18);
  if (head.length < 18) return null;
  const kind = head.toString("latin1", 0, 4);
  if (kind === "VP8 ") {
    return estimate(head.readUInt16LE(14) & 0x3fff, head.readUInt16LE(16) & 0x3fff, lossyBytes, lossySeconds);
  }
  if (kind === "VP8L") {
    const bits = head.readUInt32LE(9);
    return estimate((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1, losslessBytes, losslessSeconds);
  }
  if (kind !== "VP8X") return null;
  const isAnimated = ((head[8] ?? 0) & 0x02) !== 0;
  const bytes = isAnimated ? animatedBytes : losslessBytes;
  return estimate(head.readUIntLE(12, 3) + 1, head.readUIntLE(15, 3) + 1, bytes, losslessSeconds);
}

function estimate(width: number, height: number, bytesPerPixel: number, secondsPerPixel: number): Estimate {
  const pixels = width * height;
  return {
    width,
    height,
    memoryBytes: commonBytes + pixels * bytesPerPixel,
    seconds: commonSeconds + pixels * secondsPerPixel,
  };
}
