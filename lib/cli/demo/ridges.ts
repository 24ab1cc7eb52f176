import { fractal, mix, paint, type Rgb, randomSource, rgb, smoothstep } from "./paint";

type Palette = { high: Rgb; low: Rgb; sun: Rgb; far: Rgb; near: Rgb; stars?: boolean };
const palette = (high: string, low: string, sun: string, far: string, near: string): Palette => ({
  high: rgb(high),
  low: rgb(low),
  sun: rgb(sun),
  far: rgb(far),
  near: rgb(near),
});

const palettes: Palette[] = [
  palette("#27406b", "#f6b98a", "#fff1d6", "#c9848b", "#1b2238"),
  palette("#5b8fb9", "#eaf2f4", "#ffffff", "#a9c5d3", "#1f3b47"),
  palette("#3a2e5c", "#f08a6c", "#ffe0b0", "#a75a77", "#140f24"),
  palette("#87b5c9", "#f7ecd2", "#fffbe8", "#c7c9a9", "#3b4a35"),
  { ...palette("#060b1d", "#27406a", "#e9eefc", "#22385a", "#04070f"), stars: true },
  palette("#7f6f8f", "#f7d6b5", "#fff4e0", "#d39c80", "#4a2a2c"),
];

const layers = 6;

/** Paints ridges of hills in the evening, sometimes above water. */
export function ridges(width: number, height: number, seed: number): Buffer {
  const random = randomSource(seed * 7 + 3);
  const { high, low, sun, far, near, stars } = palettes[seed % palettes.length] as Palette;
  const shore = seed % 3 === 0 ? 0.72 : 1;
  const sunAt = { x: 0.2 + random() * 0.6, y: shore * (0.3 + random() * 0.22) };
  const side = Math.max(width, height);
  const lines = Array.from({ length: layers }, (_, layer) => ridgeLine(width, side, seed, layer, shore));

  const skyAt = (x: number, y: number): Rgb => {
    const air = mix(high, low, (y / (height * shore)) ** 0.85);
    const distance = Math.hypot(x - sunAt.x * width, y - sunAt.y * height) / side;
    const disc = smoothstep(0.0285, 0.0265, distance);
    const glow = Math.exp(-distance * 7) * (stars ? 0.25 : 0.62);
    const twinkle = stars && fractal(x * 0.91, y * 0.91, seed, 1) > 0.985 ? 0.8 : 0;
    return mix(air, sun, Math.max(disc, glow, twinkle));
  };
  const landAt = (x: number, y: number): Rgb => {
    for (let layer = layers - 1; layer >= 0; layer -= 1) {
      const depth = y / height - (lines[layer]?.[x] ?? 1);
      if (depth < 0) continue;
      const body = mix(far, near, (layer / (layers - 1)) ** 1.15);
      // Mist in the valleys: the lower end of each ridge fades.
      const mist = smoothstep(0, 0.22, depth) * (1 - layer / layers) * 0.75;
      const edge = smoothstep(0, 1.4 / height, depth);
      return mix(skyAt(x, y), mix(body, low, mist), edge);
    }
    return skyAt(x, y);
  };
  return paint(width, height, (x, y) => {
    const under = y / height - shore;
    if (under <= 0) return landAt(x, y);
    const ripple = (fractal(x / 60, y / 2.6, seed + 31, 3) - 0.5) * (10 + under * 90);
    const mirrored = Math.min(height * shore - 1, Math.max(0, height * (shore - under * 1.15) + ripple * 0.6));
    const mirrorX = Math.min(width - 1, Math.max(0, Math.round(x + ripple)));
    return mix(landAt(mirrorX, Math.round(mirrored)), near, 0.16 + under * 0.8);
  });
}

/** Returns the top of a ridge for each column, as a fraction of the height. */
function ridgeLine(width: number, side: number, seed: number, layer: number, shore: number): Float32Array {
  const base = shore * (0.46 + layer * 0.085);
  const rise = 0.34 - layer * 0.028;
  const scale = 2.2 + layer * 0.9;
  return Float32Array.from({ length: width }, (_, x) => {
    const shape = fractal((x / side) * scale + layer * 17.3, seed * 3.7, seed + layer, 6);
    return Math.min(shore, base + (0.5 - shape) * rise * 1.6);
  });
}
