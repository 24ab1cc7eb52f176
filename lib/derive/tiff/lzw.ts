const clearCode = 256;
const endCode = 257;
const maxCodes = 4_096;

/**
 * Decompresses LZW as TIFF has it, until `size` bytes are written. Damaged data end early. Files older than TIFF 5.0 have
 * codes whose bits run from the lowest, and which grow one code later.
 */
export function decodeLzw(data: Uint8Array, size: number): Uint8Array {
  const isOld = data[0] === 0 && ((data[1] ?? 0) & 1) === 1;
  const output = new Uint8Array(size);
  // Each code stands for a piece of the output that was written before: the previous code's and one byte more.
  const starts = new Int32Array(maxCodes);
  const lengths = new Int32Array(maxCodes);
  let [written, bitAt, codeBits, codes] = [0, 0, 9, endCode + 1];
  let previousStart = -1;
  let previousLength = 0;
  const totalBits = data.length * 8;
  while (written < size && bitAt + codeBits <= totalBits) {
    const code = isOld ? lowFirst(data, bitAt, codeBits) : highFirst(data, bitAt, codeBits);
    bitAt += codeBits;
    if (code === endCode) break;
    if (code === clearCode) {
      [codeBits, codes, previousStart] = [9, endCode + 1, -1];
      continue;
    }
    if (code > codes || (code === codes && previousStart < 0)) break;
    const start = written;
    if (code < 256) output[written++] = code;
    else {
      // The newest code may be the one being defined: its last byte is then its own first.
      const from = code === codes ? previousStart : (starts[code] ?? 0);
      const length = Math.min(code === codes ? previousLength + 1 : (lengths[code] ?? 0), size - written);
      for (let i = 0; i < length; i++) output[written + i] = output[from + i] ?? 0;
      written += length;
    }
    if (previousStart >= 0 && codes < maxCodes) {
      starts[codes] = previousStart;
      lengths[codes] = previousLength + 1;
      codes++;
    }
    previousStart = start;
    previousLength = written - start;
    if (codes + (isOld ? 0 : 1) >= 1 << codeBits && codeBits < 12) codeBits++;
  }
  return output.subarray(0, written);
}

function highFirst(data: Uint8Array, at: number, bits: number): number {
  const byte = at >> 3;
  const three = ((data[byte] ?? 0) << 16) | ((data[byte + 1] ?? 0) << 8) | (data[byte + 2] ?? 0);
  return (three >> (24 - bits - (at & 7))) & ((1 << bits) - 1);
}

function lowFirst(data: Uint8Array, at: number, bits: number): number {
  const byte = at >> 3;
  const three = (data[byte] ?? 0) | ((data[byte + 1] ?? 0) << 8) | ((data[byte + 2] ?? 0) << 16);
  return (three >> (at & 7)) & ((1 << bits) - 1);
}
