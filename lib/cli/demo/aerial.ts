import { along, fractal, mix, paint, type Ramp, randomSource, rgb, smoothstep } from "./paint";

const waters: Ramp[] = [
  [
    [0, rgb("#04223f")],
    [0.3, rgb("#0a4a78")],
    [0.46, rgb("#1287a8")],
    [0.56, rgb("#3cbcc0")],
    [0.63, rgb("#a5e3d3")],
    [0.68, rgb("#f1e6c6")],
    [0.74, rgb("#e3d2a0")],
    [0.79, rgb("#7d9a5c")],
    [1, rgb("#35583a")],
  ],
  [
    [0, rgb("#062b36")],
    [0.3, rgb("#0b5563")],
    [0.46, rgb("#1f8f8b")],
    [0.56, rgb("#67c4a8")],
    [0.63, rgb("#bfe6c8")],
    [0.68, rgb("#f4ead0")],
    [0.74, rgb("#d9c08a")],
    [0.79, rgb("#8a8f4e")],
    [1, rgb("#454d2c")],
  ],
];

/** Paints an atoll from above: a broken ring of sand and green between a lagoon and deep water. */
export function aerial(width: number, height: number, seed: number): Buffer {
  const random = randomSource(seed);
  const ramp = waters[seed % waters.length] ?? [];
  const zoom = 1.5 + random() * 1.3;
  const centre = { x: 0.5 + (random() - 0.5) * 0.35, y: 0.5 + (random() - 0.5) * 0.3 };
  const squash = 0.7 + random() * 0.5;
  const angle = random() * Math.PI;
  const radius = 0.55 + random() * 0.25;
  const side = Math.min(width, height);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];

  const heightAt = (px: number, py: number) => {
    const x = ((px - centre.x * width) / side) * zoom;
    const y = ((py - centre.y * height) / side) * zoom;
    const bend = (fractal(x * 1.7 + 9, y * 1.7, seed, 4) - 0.5) * 0.55;
    const [rx, ry] = [x * cos - y * sin, (x * sin + y * cos) / squash];
    const distance = Math.hypot(rx, ry) + bend;
    const ring = Math.exp(-(((distance - radius) / 0.13) ** 2));
    const lagoon = 0.26 * (1 - smoothstep(radius - 0.2, radius + 0.12, distance));
    const bed = fractal(x * 3.1, y * 3.1, seed + 50, 5);
    const shore = fractal(x * 7, y * 7, seed + 90, 4);
    return 0.12 + lagoon + ring * (0.16 + 0.52 * bed) + (shore - 0.5) * (0.1 + 0.14 * ring) + 0.14 * bed;
  };

  return paint(width, height, (x, y) => {
    const level = heightAt(x, y);
    // Shading from the upper left on land, waves on water.
    const slope = level > 0.62 ? (level - heightAt(x - 2, y - 2)) * 5 : 0;
    const swell = level < 0.6 ? (fractal(x / 9, y / 4, seed + 17, 2) - 0.5) * 0.035 : 0;
    const colour = along(ramp, level + swell);
    const lit = mix(colour, slope > 0 ? [255, 250, 235] : [10, 25, 30], Math.min(0.45, Math.abs(slope)));
    const foam = smoothstep(0.028, 0, Math.abs(level - 0.6)) * fractal(x / 6, y / 6, seed + 5, 3);
    return mix(lit, [255, 255, 255], foam * 0.75);
  });
}
