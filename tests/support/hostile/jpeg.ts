/** A progressive JPEG without a picture in it: all coefficients are zero, so that each scan is a few bytes and costs a pass. */
export type ProgressiveJpeg = {
  width: number;
  height: number;
  /** Scans after the first. */
  scans: number;
  components?: 1 | 3 | 4;
  /** Samples of the first component per sample of the others, each way. */
  subsampling?: 1 | 2;
};

const marker = (code: number, ...data: (number | Buffer)[]): Buffer => {
  const body = Buffer.concat(data.map((part) => (typeof part === "number" ? Buffer.from([part]) : part)));
  const head = Buffer.from([0xff, code, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
};

const uint16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};

/** EOB0 to EOB14: a run of 2^n blocks and more, up to the next power. Each has a code of four bits, its own number. */
const maxRunPower = 14;

const runSymbols = Array.from({ length: maxRunPower + 1 }, (_, power) => power << 4);

/** Returns the bits of a scan in which no block of a component has a coefficient: runs of up to 32,767 empty blocks. */
function emptyRuns(blocks: number): Buffer {
  let bits = "";
  for (let left = blocks; left > 0; ) {
    const power = Math.min(maxRunPower, Math.floor(Math.log2(left)));
    const run = Math.min(left, 2 ** (power + 1) - 1);
    const extra = power === 0 ? "" : (run - 2 ** power).toString(2).padStart(power, "0");
    bits += power.toString(2).padStart(4, "0") + extra;
    left -= run;
  }
  return packed(bits);
}

/** Packs bits into bytes, filled up with ones, and escapes 0xFF as T.81 B.1.1.5 wants. */
function packed(bits: string): Buffer {
  const bytes: number[] = [];
  for (let i = 0; i < bits.length; i += 8) {
    const byte = Number.parseInt(bits.slice(i, i + 8).padEnd(8, "1"), 2);
    bytes.push(byte, ...(byte === 0xff ? [0] : []));
  }
  return Buffer.from(bytes);
}

/** Lists code lengths 1 to 16 as DHT has them. */
const lengths = (...counts: number[]): Buffer => Buffer.from([...counts, ...Array(16 - counts.length).fill(0)]);

export function progressiveJpeg({ width, height, scans, components = 1, subsampling = 1 }: ProgressiveJpeg): Buffer {
  const ids = Array.from({ length: components }, (_, i) => i + 1);
  const factorOf = (id: number) => (id === 1 && components > 1 ? subsampling : 1);
  const factors = ids.map((id) => Buffer.from([id, (factorOf(id) << 4) | factorOf(id), 0]));
  const largest = Math.max(...ids.map(factorOf));
  const units = Math.ceil(width / (8 * largest)) * Math.ceil(height / (8 * largest));
  const blocksPerUnit = ids.reduce((sum, id) => sum + factorOf(id) ** 2, 0);
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const refine = Buffer.concat([marker(0xda, 1, 1, 0, 1, 63, 0), emptyRuns(blocks)]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    marker(0xdb, 0, Buffer.alloc(64, 1)),
    marker(0xc2, 8, uint16(height), uint16(width), components, ...factors),
    // DC: one code, 0, for no difference. AC: the runs.
    marker(0xc4, 0x00, lengths(1), 0x00),
    marker(0xc4, 0x10, lengths(0, 0, 0, maxRunPower + 1), Buffer.from(runSymbols)),
    marker(0xda, components, ...ids.map((id) => Buffer.from([id, 0])), 0, 0, 0),
    Buffer.alloc(Math.ceil((units * blocksPerUnit) / 8)),
    ...Array<Buffer>(scans).fill(refine),
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** The header of a baseline JPEG of this size, with no pixels behind it. */
export function baselineHeader(width: number, height: number): Buffer {
  const component = (id: number, factor: number) => Buffer.from([id, (factor << 4) | factor, 0]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    marker(0xdb, 0, Buffer.alloc(64, 1)),
    marker(0xc0, 8, uint16(height), uint16(width), 3, component(1, 2), component(2, 1), component(3, 1)),
    marker(0xda, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0),
  ]);
}
