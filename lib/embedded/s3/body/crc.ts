import { crc32 } from "node:zlib";

/** A running cyclic redundancy check; `digest` gives it in base64 of big-endian bytes, as S3's headers carry it. */
export interface RunningCrc {
  update(chunk: Uint8Array): void;
  digest(): string;
}

/** CRC-32 of zlib, natively. */
export class Crc32 implements RunningCrc {
  #value = 0;

  update(chunk: Uint8Array): void {
    this.#value = crc32(chunk, this.#value);
  }

  digest(): string {
    return base64Of32(this.#value);
  }
}

/** CRC-32C (Castagnoli, RFC 3720), eight bytes a step. */
export class Crc32c implements RunningCrc {
  #value = 0xffffffff;

  update(chunk: Uint8Array): void {
    const t = castagnoli();
    let crc = this.#value;
    let i = 0;
    for (const end = chunk.length - 7; i < end; i += 8) {
      const low = crc ^ at(chunk, i) ^ (at(chunk, i + 1) << 8) ^ (at(chunk, i + 2) << 16) ^ (at(chunk, i + 3) << 24);
      crc =
        at(t, 1792 + (low & 255)) ^
        at(t, 1536 + ((low >>> 8) & 255)) ^
        at(t, 1280 + ((low >>> 16) & 255)) ^
        at(t, 1024 + (low >>> 24)) ^
        at(t, 768 + at(chunk, i + 4)) ^
        at(t, 512 + at(chunk, i + 5)) ^
        at(t, 256 + at(chunk, i + 6)) ^
        at(t, at(chunk, i + 7));
    }
    for (; i < chunk.length; i++) crc = (crc >>> 8) ^ at(t, (crc ^ at(chunk, i)) & 255);
    this.#value = crc;
  }

  digest(): string {
    return base64Of32(~this.#value >>> 0);
  }
}

/** CRC-64/NVME (reflected 0x9a6c9329ac4bc9b5), in two 32-bit halves, eight bytes a step. */
export class Crc64Nvme implements RunningCrc {
  #low = 0xffffffff;
  #high = 0xffffffff;

  update(chunk: Uint8Array): void {
    const { low: l, high: h } = nvme();
    let low = this.#low;
    let high = this.#high;
    let i = 0;
    for (const end = chunk.length - 7; i < end; i += 8) {
      const a = low ^ at(chunk, i) ^ (at(chunk, i + 1) << 8) ^ (at(chunk, i + 2) << 16) ^ (at(chunk, i + 3) << 24);
      const b = high ^ at(chunk, i + 4) ^ (at(chunk, i + 5) << 8) ^ (at(chunk, i + 6) << 16) ^ (at(chunk, i + 7) << 24);
      const [i7, i6, i5, i4] = [
        1792 + (a & 255),
        1536 + ((a >>> 8) & 255),
        1280 + ((a >>> 16) & 255),
        1024 + (a >>> 24),
      ];
      const [i3, i2, i1, i0] = [768 + (b & 255), 512 + ((b >>> 8) & 255), 256 + ((b >>> 16) & 255), b >>> 24];
      low = at(l, i7) ^ at(l, i6) ^ at(l, i5) ^ at(l, i4) ^ at(l, i3) ^ at(l, i2) ^ at(l, i1) ^ at(l, i0);
      high = at(h, i7) ^ at(h, i6) ^ at(h, i5) ^ at(h, i4) ^ at(h, i3) ^ at(h, i2) ^ at(h, i1) ^ at(h, i0);
    }
    for (; i < chunk.length; i++) {
      const index = (low ^ at(chunk, i)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ at(l, index);
      high = (high >>> 8) ^ at(h, index);
    }
    this.#low = low;
    this.#high = high;
  }

  digest(): string {
    const out = Buffer.alloc(8);
    out.writeUInt32BE(~this.#high >>> 0, 0);
    out.writeUInt32BE(~this.#low >>> 0, 4);
    return out.toString("base64");
  }
}

const castagnoli = lazily(() => tables32(0x82f63b78));
const nvme = lazily(() => tables64(0xac4bc9b5, 0x9a6c9329));

/** The tables are made when the first body needs them. */
function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Indices are masked or counted by the callers, so the entry is always there. */
function at(table: Int32Array | Uint8Array, index: number): number {
  return table[index] as number;
}

/** Slicing-by-8 tables, one after another: table k advances a byte by k further bytes of zeros. */
function tables32(polynomial: number): Int32Array {
  const t = new Int32Array(8 * 256);
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    t[i] = crc;
  }
  for (let i = 256; i < t.length; i++) t[i] = (at(t, i - 256) >>> 8) ^ at(t, at(t, i - 256) & 255);
  return t;
}

function tables64(polynomialLow: number, polynomialHigh: number): { low: Int32Array; high: Int32Array } {
  const low = new Int32Array(8 * 256);
  const high = new Int32Array(8 * 256);
  for (let i = 0; i < 256; i++) {
    let [l, h] = [i, 0];
    for (let bit = 0; bit < 8; bit++) {
      const odd = l & 1;
      l = (l >>> 1) | (h << 31);
      h >>>= 1;
      if (odd) [l, h] = [l ^ polynomialLow, h ^ polynomialHigh];
    }
    [low[i], high[i]] = [l, h];
  }
  for (let i = 256; i < low.length; i++) {
    const [l, h] = [at(low, i - 256), at(high, i - 256)];
    low[i] = ((l >>> 8) | (h << 24)) ^ at(low, l & 255);
    high[i] = (h >>> 8) ^ at(high, l & 255);
  }
  return { low, high };
}

function base64Of32(value: number): string {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value >>> 0, 0);
  return out.toString("base64");
}
