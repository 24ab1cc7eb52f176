import type { Transfer } from "./space";

/** The light of paper-white text in a picture of high dynamic range, in candela per square metre (ITU-R BT.2408). */
export const whiteNits = 203;
/** The brightest point of pictures of high dynamic range that do not tell theirs; of HLG by definition (BT.2100). */
export const defaultPeakNits = 1_000;

/** Returns the function from a stored value, 0 to 1, to light, where 1 is white. Of HLG it is the light of the scene. */
export function toLight(transfer: Transfer): (value: number) => number {
  if (typeof transfer === "number") return (value) => value ** transfer;
  switch (transfer) {
    case "srgb":
      return (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    case "smpte240":
      return (value) => (value < 0.0913 ? value / 4 : ((value + 0.1115) / 1.1115) ** (1 / 0.45));
    case "cinema":
      return (value) => (value ** 2.6 * 52.37) / 48;
    case "pq":
      return (value) => pqNits(value) / whiteNits;
    case "hlg":
      return hlgScene;
  }
}

/** Returns the value of sRGB, 0 to 1, for light. */
export function fromLight(light: number): number {
  return light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
}

/** SMPTE ST 2084. */
function pqNits(value: number): number {
  const [m1, m2] = [2_610 / 16_384, (2_523 / 4_096) * 128];
  const [c1, c2, c3] = [3_424 / 4_096, (2_413 / 4_096) * 32, (2_392 / 4_096) * 32];
  const power = value ** (1 / m2);
  return 10_000 * (Math.max(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1);
}

/** ITU-R BT.2100, table 5: the inverse of the camera's curve. */
function hlgScene(value: number): number {
  const [a, b, c] = [0.178_832_77, 0.284_668_92, 0.559_910_73];
  return value <= 0.5 ? (value * value) / 3 : (Math.exp((value - c) / a) + b) / 12;
}
