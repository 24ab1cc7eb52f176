export type Rgb = readonly [red: number, green: number, blue: number];

/** Parses `#rrggbb`. */
export function rgb(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const t = Math.min(1, Math.max(0, share));
  return [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t, from[2] + (to[2] - from[2]) * t];
}

/** Returns 0 below `low`, 1 above `high`, and a smooth transition between them. */
export function smoothstep(low: number, high: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

export type Ramp = readonly (readonly [at: number, colour: Rgb])[];

/** Returns the colour of a ramp at a position. Stops are in ascending order. */
export function along(ramp: Ramp, at: number): Rgb {
  let previous = ramp[0];
  if (!previous) return [0, 0, 0];
  for (const stop of ramp) {
    if (at <= stop[0]) {
      const span = stop[0] - previous[0];
      return span === 0 ? stop[1] : mix(previous[1], stop[1], (at - previous[0]) / span);
    }
    previous = stop;
  }
  return previous[1];
}

/** Returns a generator of pseudo-random numbers in [0, 1), the same for the same seed. */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function lattice(x: number, y: number, seed: number): number {
  let hash = Math.imul(x, 374_761_393) ^ Math.imul(y, 668_265_263) ^ Math.imul(seed, 2_147_483_647);
  hash = Math.imul(hash ^ (hash >>> 13), 1_274_126_177);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296;
}

function noise(x: number, y: number, seed: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const fx = x - left;
  const fy = y - top;
  const u = fx * fx * (3 - 2 * fx);
  const v = fy * fy * (3 - 2 * fy);
  const upper = lattice(left, top, seed) * (1 - u) + lattice(left + 1, top, seed) * u;
  const lower = lattice(left, top + 1, seed) * (1 - u) + lattice(left + 1, top + 1, seed) * u;
  return upper * (1 - v) + lower * v;
}

/** Returns fractal noise in [0, 1]: octaves of value noise, each twice as fine and half as strong. */
export function fractal(x: number, y: number, seed: number, octaves: number): number {
  let sum = 0;
  let weight = 0.5;
  let scale = 1;
  for (let octave = 0; octave < octaves; octave += 1) {
    sum += noise(x * scale, y * scale, seed + octave * 131) * weight;
    weight /= 2;
    scale *= 2.03;
  }
  return sum / (1 - 2 * weight);
}

/** Paints a picture as raw RGB bytes, with faint noise that prevents banding in gradients. */
export function paint(width: number, height: number, colourAt: (x: number, y: number) => Rgb): Buffer {
  const pixels = Buffer.allocUnsafe(width * height * 3);
  let offset = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const colour = colourAt(x, y);
      const grain = (lattice(x, y, 7) - 0.5) * 4;
      for (const channel of colour) {
        pixels[offset] = Math.min(255, Math.max(0, channel + grain));
        offset += 1;
      }
    }
  }
  return pixels;
}
