import { commonBytes, commonSeconds, type Estimate, lineBytes } from "./estimate";
import type { FileView } from "./file-view";

/** Channels by colour type; a palette is decoded to RGB, or RGBA where entries are transparent. */
const channels: Record<number, number> = { 0: 1, 2: 3, 3: 4, 4: 2, 6: 4 };
const [secondsPerByte, secondsPerInterlacedByte, secondsPerStoredByte] = [2.5e-9, 7e-9, 5e-9];

/** Estimates a PNG. An interlaced one is in memory as a whole before its first line is complete. */
export function estimatePng(view: FileView): Estimate | null {
  const header = view.read(8, 21);
  if (header.length < 21 || header.toString("latin1", 4, 8) !== "IHDR") return null;
  const [width, height] = [header.readUInt32BE(8), header.readUInt32BE(12)];
  const [depth = 8, colourType = 6] = header.subarray(16);
  const isInterlaced = header[20] !== 0;
  const pixelBytes = (channels[colourType] ?? 4) * (depth > 8 ? 2 : 1);
  const decodedBytes = width * height * pixelBytes;
  const memory = isInterlaced ? decodedBytes * 1.25 : lineBytes(width * pixelBytes, height);
  return {
    width,
    height,
    memoryBytes: commonBytes + memory,
    seconds:
      commonSeconds +
      decodedBytes * (isInterlaced ? secondsPerInterlacedByte : secondsPerByte) +
      view.sizeBytes * secondsPerStoredByte,
    ...(isInterlaced ? { because: "it is interlaced" } : {}),
  };
}
