import { defaultPeakNits, whiteNits } from "./transfer";

/** Where the curve bends between white and the peak. */
const bend = 0.65;

/**
 * Returns the curve that maps light, where 1 is white and `peak` the brightest point, into 0 to 1: white is lowered, at most by
 * half, to leave room for highlights. It is the reference-white tone mapping of SMPTE ST 2094-50, which Chromium uses: a straight
 * line up to white, then a quadratic Bézier curve to the peak.
 */
export function toneMapping(peakNits: number): (light: number) => number {
  const peak = Math.max(1, peakNits / whiteNits);
  if (peak === 1) return (light) => Math.min(light, 1);
  const white = 1 - 0.5 * Math.min(1, Math.log2(peak) / Math.log2(defaultPeakNits / whiteNits));
  // The control point lies on the line through white, between it and the height of the peak.
  const x = 1 - bend + bend / white;
  const y = (1 - bend) * white + bend;
  return (light) => {
    if (light <= 1) return light * white;
    if (light >= peak) return 1;
    const [a, b, c] = [1 - 2 * x + peak, 2 * (x - 1), 1 - light];
    const t = Math.abs(a) < 1e-9 ? -c / b : (Math.sqrt(b * b - 4 * a * c) - b) / (2 * a);
    return white + 2 * t * (y - white) + t * t * (1 - 2 * y + white);
  };
}
