type Wave = readonly [frequency: number, amplitude: number, phase: number];

// A fixed shoreline as a sum of sine waves.
const shore: readonly Wave[] = [
  [2, 0.09, 0.6],
  [3, 0.055, 2.1],
  [5, 0.028, 4.4],
  [8, 0.013, 1.3],
];

function radius(angle: number, depth: number): number {
  // Deeper contours are smoother and slightly rotated.
  const smooth = 1 / (1 + depth * 0.9);
  return shore.reduce((r, [frequency, amplitude, phase]) => {
    const damped = amplitude * smooth ** (frequency / 4);
    return r + damped * Math.sin(frequency * angle + phase + depth * 0.35);
  }, 1);
}

/**
 * Returns the SVG path of a closed contour around (0, 0). `size` is its mean radius, `depth` is 0 at the shore and grows
 * outwards.
 */
export function contourPath(size: number, depth: number, points = 72): string {
  const at = (i: number) => {
    const angle = (i / points) * 2 * Math.PI;
    const r = size * radius(angle, depth);
    return [r * Math.cos(angle), r * Math.sin(angle) * 0.82] as const;
  };
  const all = Array.from({ length: points }, (_, i) => at(i));
  const round = (n: number) => n.toFixed(1);
  const parts = all.map(([x, y], i) => {
    const [nextX, nextY] = all[(i + 1) % points] ?? [x, y];
    return `${round(x)} ${round(y)} ${round((x + nextX) / 2)} ${round((y + nextY) / 2)}`;
  });
  const [lastX, lastY] = all[points - 1] ?? [0, 0];
  const [firstX, firstY] = all[0] ?? [0, 0];
  return `M${round((lastX + firstX) / 2)} ${round((lastY + firstY) / 2)}Q${parts.join("Q")}Z`;
}
