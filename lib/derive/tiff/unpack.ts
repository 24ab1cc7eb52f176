import type { SampleFormat } from "./layout";

/** How the samples of a row are stored. */
export type RowFormat = {
  format: SampleFormat;
  /** Bits of each sample of a pixel; more than one number only where the samples of a pixel lie side by side. */
  bits: readonly number[];
  isLittleEndian: boolean;
  /** 2: each sample is stored as the difference to the one on its left; 3: Adobe's predictor for floating point. */
  predictor: number;
};

/** Tells whether samples of this format and size can be read. */
export function isReadable({ format, bits, predictor }: RowFormat): boolean {
  const isFloat = format === "float";
  if (format === "complex" || (predictor === 3 && !isFloat) || predictor < 1 || predictor > 3) return false;
  if (bits.length > 1 && new Set(bits).size > 1 && predictor !== 1) return false;
  return bits.every((size) =>
    isFloat ? [16, 24, 32, 64].includes(size) : size >= 1 && (size <= 32 || (size === 64 && predictor === 1)),
  );
}

/** Reads the samples of a row into `output`. The row is changed where the predictor is 3. */
export function unpackRow(row: Uint8Array, output: Float64Array, rowFormat: RowFormat): void {
  const { bits, format, predictor, isLittleEndian } = rowFormat;
  if (predictor === 3) undoFloatDifferences(row, output.length, rowFormat);
  const view = new DataView(row.buffer, row.byteOffset, row.length);
  if (bits[0] === 64) {
    read64(view, output, format, isLittleEndian);
    return;
  }
  if (format === "float" && bits[0] === 32 && predictor !== 2) {
    for (let i = 0; i < output.length; i++) output[i] = view.getFloat32(i * 4, isLittleEndian);
    return;
  }
  let bit = 0;
  for (let i = 0; i < output.length; i++) {
    const size = bits[i % bits.length] ?? 8;
    output[i] = unsignedAt(view, bit, size, isLittleEndian);
    bit += size;
  }
  if (predictor === 2) undoDifferences(output, bits);
  if (format === "signed") applySign(output, bits);
  if (format === "float") applyFloat(output, bits[0] ?? 32);
}

/** Returns the bytes of a row of `samples` samples. Each row starts at a byte. */
export function rowBytes(samples: number, bits: readonly number[]): number {
  let total = 0;
  for (const size of bits) total += size * (samples / bits.length);
  return Math.ceil(total / 8);
}

/** Sizes that are no whole number of bytes are a stream of bits, the highest first, whatever the order of bytes is. */
function unsignedAt(view: DataView, bit: number, size: number, le: boolean): number {
  switch (size) {
    case 8:
      return view.getUint8(bit >> 3);
    case 16:
      return view.getUint16(bit >> 3, le);
    case 24:
      return le
        ? view.getUint16(bit >> 3, true) + view.getUint8((bit >> 3) + 2) * 65_536
        : view.getUint16(bit >> 3) * 256 + view.getUint8((bit >> 3) + 2);
    case 32:
      return view.getUint32(bit >> 3, le);
    default:
      return bitsAt(view, bit, size);
  }
}

function bitsAt(view: DataView, bit: number, size: number): number {
  let value = 0;
  let at = bit;
  for (let left = size; left > 0; ) {
    const taken = Math.min(left, 8 - (at & 7));
    value = value * 2 ** taken + ((view.getUint8(at >> 3) >> (8 - (at & 7) - taken)) & ((1 << taken) - 1));
    at += taken;
    left -= taken;
  }
  return value;
}

function read64(view: DataView, output: Float64Array, format: SampleFormat, le: boolean): void {
  for (let i = 0; i < output.length; i++) {
    if (format === "float") output[i] = view.getFloat64(i * 8, le);
    else output[i] = Number(format === "signed" ? view.getBigInt64(i * 8, le) : view.getBigUint64(i * 8, le));
  }
}

function undoDifferences(values: Float64Array, bits: readonly number[]): void {
  const modulus = 2 ** (bits[0] ?? 8);
  for (let i = bits.length; i < values.length; i++) {
    values[i] = ((values[i] ?? 0) + (values[i - bits.length] ?? 0)) % modulus;
  }
}

function applySign(values: Float64Array, bits: readonly number[]): void {
  for (let i = 0; i < values.length; i++) {
    const half = 2 ** ((bits[i % bits.length] ?? 8) - 1);
    const value = values[i] ?? 0;
    if (value >= half) values[i] = value - 2 * half;
  }
}

const floats: Record<number, { exponentBits: number; fractionBits: number }> = {
  16: { exponentBits: 5, fractionBits: 10 },
  24: { exponentBits: 7, fractionBits: 16 },
  32: { exponentBits: 8, fractionBits: 23 },
};

/** Turns bits read as whole numbers into the floating-point numbers they stand for (IEEE 754; Adobe's 24-bit floats alike). */
function applyFloat(values: Float64Array, size: number): void {
  const { exponentBits, fractionBits } = floats[size] ?? { exponentBits: 8, fractionBits: 23 };
  const [fractions, exponents] = [2 ** fractionBits, 2 ** exponentBits];
  const bias = exponents / 2 - 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    const fraction = (value % fractions) / fractions;
    const exponent = Math.floor(value / fractions) % exponents;
    const sign = value >= fractions * exponents ? -1 : 1;
    if (exponent === exponents - 1) values[i] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else values[i] = sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
  }
}

/** Bytes were stored as differences, the highest bytes of all samples of the row first (TIFF Technical Note 3). */
function undoFloatDifferences(row: Uint8Array, samples: number, { bits, isLittleEndian }: RowFormat): void {
  const size = (bits[0] ?? 32) / 8;
  const length = samples * size;
  for (let i = bits.length; i < length; i++) row[i] = (row[i] ?? 0) + (row[i - bits.length] ?? 0);
  const planes = new Uint8Array(row.subarray(0, length)); // A copy, which `slice` of a Buffer is not.
  for (let i = 0; i < samples; i++) {
    for (let byte = 0; byte < size; byte++) {
      row[i * size + (isLittleEndian ? size - 1 - byte : byte)] = planes[byte * samples + i] ?? 0;
    }
  }
}
