import type { CrcKind } from "./crc-kind";

/**
 * Returns the CRC of concatenated byte strings from their CRCs and lengths alone: each CRC is multiplied by x to the
 * power of the number of bits behind it, modulo the polynomial, and all are added (zlib's `crc32_combine`, Mark Adler).
 * Source: https://github.com/madler/zlib/blob/v1.3.1/crc32.c (multmodp, x2nmodp)
 * @param pieces in order; `crc` is the finished value, `sizeBytes` a whole number
 */
export function combineCrcs(kind: CrcKind, pieces: readonly { crc: bigint; sizeBytes: number }[]): bigint {
  const field = fieldOf(kind);
  const shifts = new Map<number, bigint>(); // most parts of an upload have the same length
  let whole = 0n;
  for (const { crc, sizeBytes } of pieces) {
    const shift = shifts.get(sizeBytes) ?? field.powerOfX(sizeBytes * 8);
    shifts.set(sizeBytes, shift);
    whole = field.multiply(whole, shift) ^ crc;
  }
  return whole;
}

interface Field {
  multiply(a: bigint, b: bigint): bigint;
  powerOfX(exponent: number): bigint;
}

/** Polynomials over GF(2) modulo the CRC's, bits reflected: the highest bit is x^0. */
function fieldOf({ bits, polynomial }: CrcKind): Field {
  const one = 1n << BigInt(bits - 1);
  const multiply = (a: bigint, b: bigint) => {
    let product = 0n;
    for (let bit = one; a !== 0n; bit >>= 1n) {
      if (a & bit) [product, a] = [product ^ b, a ^ bit];
      b = b & 1n ? (b >> 1n) ^ polynomial : b >> 1n;
    }
    return product;
  };
  const squares = [one >> 1n]; // x^1, x^2, x^4, …
  const powerOfX = (exponent: number) => {
    let power = one;
    for (let i = 0, rest = exponent; rest > 0; i++, rest = Math.floor(rest / 2)) {
      const square = squares[i] ?? multiply(squares[i - 1] ?? one, squares[i - 1] ?? one);
      squares[i] = square;
      if (rest % 2 === 1) power = multiply(power, square);
    }
    return power;
  };
  return { multiply, powerOfX };
}
