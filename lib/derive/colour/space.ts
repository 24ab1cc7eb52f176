/** Chromaticities (CIE x, y) of red, green, blue and white. */
export type Primaries = readonly [number, number, number, number, number, number, number, number];

/** How a stored value becomes light. A number is an exponent. "pq" and "hlg" are high dynamic range (ITU-R BT.2100). */
export type Transfer = number | "srgb" | "smpte240" | "cinema" | "pq" | "hlg";

export type ColourSpace = {
  primaries: Primaries;
  transfer: Transfer;
  /** The brightest point of a picture of high dynamic range, in candela per square metre, where the file tells. */
  peakNits?: number;
};

const d65 = [0.3127, 0.329] as const;

export const srgbPrimaries: Primaries = [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, ...d65];
export const rec2020Primaries: Primaries = [0.708, 0.292, 0.17, 0.797, 0.131, 0.046, ...d65];

/** Primaries by their code (ITU-T H.273, table 2). */
const primariesByCode: Record<number, Primaries> = {
  1: srgbPrimaries,
  4: [0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.31, 0.316],
  5: [0.64, 0.33, 0.29, 0.6, 0.15, 0.06, ...d65],
  6: [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, ...d65],
  7: [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, ...d65],
  8: [0.681, 0.319, 0.243, 0.692, 0.145, 0.049, 0.31, 0.316],
  9: rec2020Primaries,
  10: [1, 0, 0, 1, 0, 0, 1 / 3, 1 / 3],
  11: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.314, 0.351],
  12: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, ...d65],
  22: [0.63, 0.34, 0.295, 0.605, 0.155, 0.077, ...d65],
};

/**
 * Transfer functions by their code (H.273, table 3), as browsers show them: the television curves as an exponent of 2.4, which
 * is how a screen shows them (ITU-R BT.1886), rather than by the camera's curve.
 */
const transferByCode: Record<number, Transfer> = {
  1: 2.4,
  4: 2.2,
  5: 2.8,
  6: 2.4,
  7: "smpte240",
  8: 1,
  13: "srgb",
  14: 2.4,
  15: 2.4,
  16: "pq",
  17: "cinema",
  18: "hlg",
};

/** Returns the colour space of code points (CICP); null for sRGB, which is also meant by codes that say nothing. */
export function spaceOfCodes(primariesCode: number, transferCode: number, peakNits?: number): ColourSpace | null {
  const primaries = primariesByCode[primariesCode] ?? srgbPrimaries;
  const transfer = transferByCode[transferCode] ?? "srgb";
  if (primaries === srgbPrimaries && transfer === "srgb") return null;
  return { primaries, transfer, ...(peakNits ? { peakNits } : {}) };
}
