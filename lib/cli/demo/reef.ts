import { fractal, mix, paint, type Rgb, randomSource, rgb, smoothstep } from "./paint";

type Water = { surface: Rgb; middle: Rgb; deep: Rgb };
const waters: Water[] = [
  { surface: rgb("#9fe3df"), middle: rgb("#1d8fa6"), deep: rgb("#05273f") },
  { surface: rgb("#bfe9d2"), middle: rgb("#2a8f83"), deep: rgb("#062e33") },
  { surface: rgb("#a9d4f2"), middle: rgb("#2470ab"), deep: rgb("#071c3b") },
];
const corals = ["#e8836b", "#d8597a", "#e7b45c", "#a56bb0", "#59b39a", "#f0d9c0"];

/** Paints the water of a reef: light from above, a sandy floor below. */
export function reefWater(width: number, height: number, seed: number): Buffer {
  const { surface, middle, deep } = waters[seed % waters.length] as Water;
  const lean = (randomSource(seed)() - 0.5) * 0.8;
  return paint(width, height, (x, y) => {
    const down = y / height;
    const base = down < 0.35 ? mix(surface, middle, down / 0.35) : mix(middle, deep, (down - 0.35) / 0.6);
    const beam = fractal((x / width + down * lean) * 9, down * 0.35, seed, 4);
    const light = smoothstep(0.5, 0.82, beam) * (1 - down) ** 1.4;
    const floorLine = 0.86 + (fractal((x / width) * 4, 3, seed + 8, 3) - 0.5) * 0.14;
    const lit = mix(base, [255, 255, 246], light * 0.55);
    const ripple = smoothstep(0.56, 0.6, fractal(x / 38, y / 13, seed + 4, 3)) * 0.1;
    const floor = mix(mix(deep, rgb("#cfc39a"), 0.42 - (down - floorLine)), [255, 255, 240], ripple);
    return mix(lit, floor, smoothstep(floorLine - 0.012, floorLine + 0.02, down));
  });
}

/** Returns corals, fish and bubbles as an SVG to draw over the water. */
export function reefLife(width: number, height: number, seed: number): Buffer {
  const random = randomSource(seed * 13 + 1);
  const between = (low: number, high: number) => low + (high - low) * random();
  const unit = Math.min(width, height) / 1000;
  const parts: string[] = [];
  for (const depth of [0.35, 0.6, 1]) {
    const count = Math.round(between(4, 7));
    for (let index = 0; index < count; index += 1) {
      const colour = corals[Math.floor(random() * corals.length)] ?? "#e8836b";
      const strokes: string[] = [];
      const root = { x: between(-0.02, 1.02) * width, y: height * (0.84 + depth * 0.15) };
      branch(strokes, root, -Math.PI / 2 + between(-0.2, 0.2), between(70, 130) * unit * (0.6 + depth), 6, random);
      parts.push(
        `<g stroke="${colour}" stroke-opacity="${depth}" fill="none" stroke-linecap="round">${strokes.join("")}</g>`,
      );
    }
  }
  const school = { x: between(0.2, 0.7) * width, y: between(0.25, 0.5) * height, heading: random() < 0.5 ? -1 : 1 };
  for (let index = 0; index < 26; index += 1) {
    const x = school.x + (random() + random() - 1) * width * 0.24;
    const y = school.y + (random() + random() - 1) * height * 0.13;
    parts.push(fish(x, y, between(9, 17) * unit, school.heading));
  }
  for (let index = 0; index < 22; index += 1) {
    const size = between(1.5, 7) * unit;
    const place = `cx="${(random() * width).toFixed(1)}" cy="${(random() * height * 0.8).toFixed(1)}"`;
    parts.push(`<circle ${place} r="${size.toFixed(1)}" fill="#fff" fill-opacity="0.16"/>`);
  }
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${parts.join("")}</svg>`,
  );
}

type Point = { x: number; y: number };

function branch(out: string[], from: Point, angle: number, length: number, order: number, random: () => number): void {
  if (order === 0) return;
  const to = { x: from.x + Math.cos(angle) * length, y: from.y + Math.sin(angle) * length };
  const line = `x1="${from.x.toFixed(1)}" y1="${from.y.toFixed(1)}" x2="${to.x.toFixed(1)}" y2="${to.y.toFixed(1)}"`;
  out.push(`<line ${line} stroke-width="${(length * 0.24).toFixed(1)}"/>`);
  for (const side of [-1, 1]) {
    branch(out, to, angle + side * (0.24 + random() * 0.3), length * (0.66 + random() * 0.14), order - 1, random);
  }
}

function fish(x: number, y: number, size: number, heading: number): string {
  const place = `transform="translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${(size * heading).toFixed(2)} ${size.toFixed(2)})"`;
  return `<path ${place} fill="#0b2c3d" fill-opacity="0.55" d="M2 0Q0.6 -1 -1 -0.1L-1.9 -0.7L-1.6 0L-1.9 0.7L-1 0.1Q0.6 1 2 0Z"/>`;
}
