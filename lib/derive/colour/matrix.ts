import type { Primaries } from "./space";

/** A 3 × 3 matrix, row by row. */
export type Matrix = readonly [number, number, number, number, number, number, number, number, number];
type Triple = readonly [number, number, number];

const d50: Triple = [0.9642, 1, 0.8251];
/** Cone responses by Bradford, in which whites are adapted. http://www.brucelindbloom.com/index.html?Eqn_ChromAdapt.html */
const bradford: Matrix = [0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296];

/** Returns the matrix from linear light of some primaries to that of others; null for primaries that span no colours. */
export function matrixBetween(from: Primaries, to: Primaries): Matrix | null {
  const forth = toXyz(from);
  const back = toXyz(to);
  const inverse = back && invert(back);
  return forth && inverse ? multiply(inverse, forth) : null;
}

/** Returns the matrix from CIE XYZ, with the white D50, to linear light of these primaries. */
export function matrixFromXyz(to: Primaries): Matrix | null {
  const matrix = toXyz(to);
  return matrix && invert(matrix);
}

/** To CIE XYZ, white adapted to D50: http://www.brucelindbloom.com/index.html?Eqn_RGB_XYZ_Matrix.html */
function toXyz([rx, ry, gx, gy, bx, by, wx, wy]: Primaries): Matrix | null {
  if (!(wy > 0)) return null;
  const columns: Matrix = [rx, gx, bx, ry, gy, by, 1 - rx - ry, 1 - gx - gy, 1 - bx - by];
  const inverse = invert(columns);
  if (!inverse) return null;
  const white: Triple = [wx / wy, 1, (1 - wx - wy) / wy];
  const [r, g, b] = apply(inverse, white);
  if (!(r > 0 && g > 0 && b > 0)) return null;
  const scaled = multiply(columns, [r, 0, 0, 0, g, 0, 0, 0, b]);
  const [from, to] = [apply(bradford, white), apply(bradford, d50)];
  const back = invert(bradford);
  if (!back) return null;
  const gain: Matrix = [to[0] / from[0], 0, 0, 0, to[1] / from[1], 0, 0, 0, to[2] / from[2]];
  return multiply(multiply(back, multiply(gain, bradford)), scaled);
}

export function apply(m: Matrix, [x, y, z]: Triple): Triple {
  return [m[0] * x + m[1] * y + m[2] * z, m[3] * x + m[4] * y + m[5] * z, m[6] * x + m[7] * y + m[8] * z];
}

function multiply(a: Matrix, b: Matrix): Matrix {
  const [x, y, z] = [apply(a, [b[0], b[3], b[6]]), apply(a, [b[1], b[4], b[7]]), apply(a, [b[2], b[5], b[8]])];
  return [x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]];
}

function invert([a, b, c, d, e, f, g, h, i]: Matrix): Matrix | null {
  const [p, q, r] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const determinant = a * p + b * q + c * r;
  if (!Number.isFinite(determinant) || Math.abs(determinant) < 1e-9) return null;
  const s = 1 / determinant;
  return [
    ...[p * s, (c * h - b * i) * s, (b * f - c * e) * s],
    ...[q * s, (a * i - c * g) * s, (c * d - a * f) * s],
    ...[r * s, (b * g - a * h) * s, (a * e - b * d) * s],
  ] as unknown as Matrix;
}
