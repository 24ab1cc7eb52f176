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
  if (bits.some((size) => size % 8 !== 0)) readBits(view, output, bits);
  else readBytes(view, output, bits, isLittleEndian);
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

function readBytes(view: DataView, output: Float64Array, bits: readonly number[], le: boolean): void {
  let at = 0;
  for (let i = 0; i < output.length; i++) {
    const size = bits[i % bits.length] ?? 8;
    output[i] = unsignedAt(view, at, size, le);
    at += size / 8;
  }
}

function unsignedAt(view: DataView, at: number, size: number, le: boolean): number {
  switch (size) {
    case 8:
      return view.getUint8(at);
    case 16:
      return view.getUint16(at, le);
    case 24:
      return le
        ? view.getUint16(at, true) + view.getUint8(at + 2) * 65_536
        : view.getUint16(at) * 256 + view.getUint8(at + 2);
    default:
      return view.getUint32(at, le);
  }
}

/** Sizes that are no whole number of bytes are a stream of bits, the highest first, whatever the order of bytes is. */
function readBits(view: DataView, output: Float64Array, bits: readonly number[]): void {
  let [held, heldBits, at] = [0, 0, 0];
  for (let i = 0; i < output.length; i++) {
    const size = bits[i % bits.length] ?? 8;
    // Not by shifting: more than 32 bits may be held.
    for (; heldBits < size; heldBits += 8) held = held * 256 + view.getUint8(at++);
    heldBits -= size;
    const value = Math.floor(held / (1 << heldBits));
    held -= value * (1 << heldBits);
    output[i] = value;
  }
}

function read64(view: DataView, output: Float64Array, format: SampleFormat, le: boolean): void {
  for (let i = 0; i < output.length; i++) {
    if (format === "float") output[i] = view.getFloat64(i * 8, le);
    else output[i] = Number(format === "signed" ? view.getBigInt64(i * 8, le) : view.getBigUint64(i * 8, le));
  }
}

function undoDifferences(values: Float64Array, bits: readonly number[]): void {
  const [size = 8] = bits;
  const modulus = 2 ** size;
  const isShort = size <= 30; // The sum is a whole number to the processor, too.
  for (let i = bits.length; i < values.length; i++) {
    const sum = (values[i] ?? 0) + (values[i - bits.length] ?? 0);
    values[i] = isShort ? sum & (modulus - 1) : sum % modulus;
  }
}

function applySign(values: Float64Array, bits: readonly number[]): void {
  const halves = bits.map((size) => 2 ** (size - 1));
  for (let i = 0; i < values.length; i++) {
    const half = halves[i % halves.length] ?? 0;
    const value = values[i] ?? 0;
    if (value >= half) values[i] = value - 2 * half;
  }
}

const floats: Record<number, { exponentBits: number; fractionBits: number }> = {
  16: { exponentBits: 5, fractionBits: 10 },
  24: { exponentBits: 7, fractionBits: 16 },
  32: { exponentBits: 8, fractionBits: 23 },
};

/** Of 16 bits, all numbers are known after the first row. */
let halfFloats: Float64Array | undefined;

/** Turns bits read as whole numbers into the floating-point numbers they stand for. */
function applyFloat(values: Float64Array, size: number): void {
  const read = floatReader(size);
  if (size === 16) halfFloats ??= Float64Array.from({ length: 65_536 }, (_, value) => read(value));
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    values[i] = size === 16 ? (halfFloats?.[value] ?? 0) : read(value);
  }
}

/** IEEE 754, and Adobe's floats of 24 bits alike. */
function floatReader(size: number): (value: number) => number {
  const { exponentBits, fractionBits } = floats[size] ?? { exponentBits: 8, fractionBits: 23 };
  const [fractions, exponents] = [2 ** fractionBits, 2 ** exponentBits];
  const bias = exponents / 2 - 1;
  return (value) => {
    const fraction = (value % fractions) / fractions;
    const exponent = Math.floor(value / fractions) % exponents;
    const sign = value >= fractions * exponents ? -1 : 1;
    if (exponent === exponents - 1) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
  };
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
