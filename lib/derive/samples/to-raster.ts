import { apply, matrixFromXyz } from "../colour/matrix";
import { srgbPrimaries } from "../colour/space";
import { fromLight } from "../colour/transfer";
import type { Raster } from "../raster/raster";
import type { Samples } from "./area-average";
import { type DisplayRange, displayRange, type NumberFormat } from "./display-range";

/** What the numbers of a picture mean. Alpha, where there is one, is the last of them. */
export type Meaning = {
  colours: "grey" | "rgb" | "cmyk" | "lab";
  format: NumberFormat;
  /** Zero is white. */
  isInverted: boolean;
  alpha: "straight" | "premultiplied" | null;
};

/** Above it floating-point numbers are no light with white at 1: some writers store 0 to 255. */
const mostLight = 64;

/** Maps numbers to pixels. Points without data become transparent, infinite ones black or white. */
export function toRaster(samples: Samples, meaning: Meaning): { raster: Raster<Uint8Array>; note: string | null } {
  const { width, height, channels, values } = samples;
  const colours = meaning.alpha ? channels - 1 : channels;
  const range = rangeOf(samples, colours, meaning);
  const outputColours = meaning.colours === "grey" ? 1 : 3;
  const hasAlpha = meaning.alpha !== null || values.some(Number.isNaN);
  const outputChannels = outputColours + (hasAlpha ? 1 : 0);
  const data = new Uint8Array(width * height * outputChannels);
  const scale = scaleOf(range, meaning);
  const most = fullOf(meaning.format);
  const pixel = new Float64Array(colours);
  for (let i = 0, o = 0; i < values.length; i += channels, o += outputChannels) {
    let opacity = meaning.alpha ? clamp((values[i + colours] ?? 0) / most) : 1;
    for (let c = 0; c < colours; c++) {
      const value = values[i + c] ?? Number.NaN;
      if (Number.isNaN(value)) opacity = 0;
      pixel[c] = meaning.alpha === "premultiplied" && opacity > 0 ? value / opacity : value;
    }
    if (opacity > 0) write(data, o, pixel, meaning, scale);
    if (hasAlpha) data[o + outputColours] = Math.round(opacity * 255);
  }
  return { raster: { width, height, channels: outputChannels, data }, note: range.isStretched ? noteOf(range) : null };
}

function rangeOf(samples: Samples, colours: number, { colours: kind, format }: Meaning): DisplayRange {
  return kind === "lab" ? { low: 0, high: 1, isStretched: false } : displayRange(samples, colours, format);
}

type Scale = (value: number) => number;

/** Returns the function from a number to 0 … 1 of sRGB. Colours in floating point are light. */
function scaleOf({ low, high }: DisplayRange, { colours, format, isInverted }: Meaning): Scale {
  const isLight = format.kind === "float" && colours === "rgb" && high <= mostLight;
  return (value) => {
    const part = clamp((value - low) / (high - low));
    const shown = isInverted ? 1 - part : part;
    return isLight ? fromLight(shown) : shown;
  };
}

function write(data: Uint8Array, at: number, pixel: Float64Array, { colours }: Meaning, scale: Scale): void {
  if (colours === "lab") {
    const rgb = labToRgb(pixel);
    for (let c = 0; c < 3; c++) data[at + c] = Math.round(255 * fromLight(clamp(rgb[c] ?? 0)));
  } else if (colours === "cmyk") {
    const light = 1 - scale(pixel[3] ?? 0);
    for (let c = 0; c < 3; c++) data[at + c] = Math.round(255 * (1 - scale(pixel[c] ?? 0)) * light);
  } else {
    for (let c = 0; c < pixel.length; c++) data[at + c] = Math.round(255 * scale(pixel[c] ?? 0));
  }
}

const toScreen = matrixFromXyz(srgbPrimaries);

/** CIE 1976 L*a*b*, white D50, to linear light of sRGB. */
function labToRgb(lab: Float64Array): readonly number[] {
  const [l = 0, a = 0, b = 0] = lab;
  const fy = (l + 16) / 116;
  const inverse = (t: number) => (t > 6 / 29 ? t ** 3 : 3 * (6 / 29) ** 2 * (t - 4 / 29));
  const xyz = [0.9642 * inverse(fy + a / 500), inverse(fy), 0.8251 * inverse(fy - b / 200)] as const;
  return toScreen ? apply(toScreen, xyz) : xyz;
}

function fullOf({ kind, bits }: NumberFormat): number {
  if (kind === "float") return 1;
  return kind === "signed" ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
}

function clamp(value: number): number {
  return Math.max(0, Math.min(1, value));
}

function noteOf({ low, high }: DisplayRange): string {
  const show = (value: number) => {
    const rounded = Number(value.toPrecision(5));
    const isUsual = rounded === 0 || (Math.abs(rounded) >= 0.001 && Math.abs(rounded) < 1e9);
    return isUsual ? rounded.toLocaleString("en", { maximumSignificantDigits: 5 }) : rounded.toExponential();
  };
  return `Brightness is stretched: values from ${show(low)} to ${show(high)} are shown from black to white.`;
}
