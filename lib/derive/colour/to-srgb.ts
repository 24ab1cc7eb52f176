import type { Raster } from "../raster/raster";
import { type Matrix, matrixBetween } from "./matrix";
import { type ColourSpace, rec2020Primaries, srgbPrimaries } from "./space";
import { toneMapping } from "./tone-map";
import { defaultPeakNits, fromLight, toLight, whiteNits } from "./transfer";

const curveSteps = 4_095;

/**
 * Converts pixels of a colour space to sRGB with 8 bits, and high dynamic range to what a screen without it shows, as Chromium
 * does. Pixels whose colour space is null are sRGB already: only the bits change. So are those of primaries that span no colours.
 */
export function toSrgb(raster: Raster, space: ColourSpace | null): Raster<Uint8Array> {
  const { width, height, channels, data } = raster;
  const max = data instanceof Uint16Array ? 65_535 : 255;
  const output = new Uint8Array(data.length);
  const colours = channels >= 3 ? 3 : 1;
  const convert = space && converter(space, max);
  const pixel: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < data.length; i += channels) {
    for (let c = 0; c < 3; c++) pixel[c] = data[i + (c < colours ? c : 0)] ?? 0;
    if (convert) convert(pixel);
    for (let c = 0; c < colours; c++)
      output[i + c] = convert ? (pixel[c] ?? 0) : Math.round(((pixel[c] ?? 0) / max) * 255);
    if (channels > colours) output[i + colours] = Math.round(((data[i + colours] ?? 0) / max) * 255);
  }
  return { width, height, channels, data: output };
}

type Convert = (pixel: [number, number, number]) => void;

/** Returns a function that changes a pixel of stored values, up to `max`, to one of 8 bits, in place. */
function converter(space: ColourSpace, max: number): Convert | null {
  const light = curve(toLight(space.transfer), max);
  const encoded = curve((value) => 255 * fromLight(value), curveSteps);
  const encode = (value: number) => Math.round(encoded[Math.round(Math.min(1, Math.max(0, value)) * curveSteps)] ?? 0);
  const isHdr = space.transfer === "pq" || space.transfer === "hlg";
  const toTarget = matrixBetween(space.primaries, isHdr ? rec2020Primaries : srgbPrimaries);
  if (!toTarget) return null;
  const mapTones = isHdr ? toneMapper(space) : null;
  const isHlg = space.transfer === "hlg";
  return (pixel) => {
    for (let c = 0; c < 3; c++) pixel[c] = light[pixel[c] ?? 0] ?? 0;
    if (isHlg) lightOfScreen(pixel, space);
    transform(pixel, toTarget);
    mapTones?.(pixel);
    for (let c = 0; c < 3; c++) pixel[c] = encode(pixel[c] ?? 0);
  };
}

/** Returns a function's values at 0, 1 / max, … 1. */
function curve(of: (value: number) => number, max: number): Float64Array {
  return Float64Array.from({ length: max + 1 }, (_, i) => of(i / max));
}

/** Scales all three colours by what the brightest of them needs, which keeps the hue. */
function toneMapper({ transfer, peakNits = defaultPeakNits }: ColourSpace): Convert {
  const map = toneMapping(transfer === "hlg" ? defaultPeakNits : peakNits);
  const toScreen = matrixBetween(rec2020Primaries, srgbPrimaries);
  return (pixel) => {
    const brightest = Math.max(pixel[0], pixel[1], pixel[2]);
    const gain = brightest > 0 ? map(brightest) / brightest : 0;
    for (let c = 0; c < 3; c++) pixel[c] = Math.min(1, (pixel[c] ?? 0) * gain);
    if (toScreen) transform(pixel, toScreen);
  };
}

/** From the light of the scene to that of a screen of 1,000 candela per square metre (BT.2100, table 5, gamma 1.2). */
function lightOfScreen(pixel: [number, number, number], { primaries }: ColourSpace): void {
  const isRec2020 = primaries[0] === rec2020Primaries[0];
  const [r, g, b] = isRec2020 ? [0.2627, 0.678, 0.0593] : [0.2126, 0.7152, 0.0722];
  const luminance = r * pixel[0] + g * pixel[1] + b * pixel[2];
  const gain = (luminance ** 0.2 * defaultPeakNits) / whiteNits;
  for (let c = 0; c < 3; c++) pixel[c] = (pixel[c] ?? 0) * gain;
}

function transform(pixel: [number, number, number], m: Matrix): void {
  const [x, y, z] = pixel;
  pixel[0] = m[0] * x + m[1] * y + m[2] * z;
  pixel[1] = m[3] * x + m[4] * y + m[5] * z;
  pixel[2] = m[6] * x + m[7] * y + m[8] * z;
}
