import { commonBytes, commonSeconds, type Estimate, lineBytes } from "./estimate";
import type { FileView } from "./file-view";

type Tags = {
  width: number;
  height: number;
  bitsPerSample: number;
  samplesPerPixel: number;
  rowsPerStrip: number;
  tileWidth: number;
  tileHeight: number;
  sampleFormat: number;
};
const tags = new Map<number, keyof Tags>([
  [256, "width"],
  [257, "height"],
  [258, "bitsPerSample"],
  [277, "samplesPerPixel"],
  [278, "rowsPerStrip"],
  [322, "tileWidth"],
  [323, "tileHeight"],
  [339, "sampleFormat"],
]);
const defaults: Tags = {
  ...{ width: 0, height: 0, bitsPerSample: 1, samplesPerPixel: 1, rowsPerStrip: 2 ** 32 - 1 },
  ...{ tileWidth: 0, tileHeight: 0, sampleFormat: 1 },
};

const [secondsPerByte, secondsPerStoredByte, secondsPerPage] = [5e-9, 6e-9, 20e-6];
/** Samples read in JavaScript: the time for one, and the memory for the sums and the picture made of them. */
const [secondsPerConverted, averagedBytes] = [35e-9, 100e6];
const commonBits = new Set([1, 2, 4, 8, 16]);
/** More pages are not followed: so many take longer than any picture may. */
const maxPages = 300_000;
const maxEntries = 1_000;

type Directory = { tags: Tags; next: number };

/**
 * Estimates a TIFF. Strips are read line by line, tiles by rows of them. Only the first page is shown, but the loader walks to the
 * last one. Samples that libvips does not map are read in JavaScript, a strip or a row of tiles at a time.
 */
export function estimateTiff(view: FileView): Estimate | null {
  const head = view.read(0, 16);
  const order = head.toString("latin1", 0, 2);
  if (order !== "II" && order !== "MM") return null;
  const reader = new Reader(view, order === "II");
  const isBig = reader.uint(2, 2) === 43;
  const first = reader.uint(isBig ? 8 : 4, isBig ? 8 : 4);
  const directory = reader.directory(first, isBig);
  if (!directory) return null;
  const seen = new Set([first]);
  for (let next: number | null = directory.next; next !== null && next !== 0; next = reader.nextOf(next, isBig)) {
    // A chain that leads back to itself ends there for libtiff, too.
    if (seen.has(next) || seen.size >= maxPages) break;
    seen.add(next);
  }
  return estimate(directory.tags, seen.size, view.sizeBytes);
}

function estimate(found: Tags, pages: number, sizeBytes: number): Estimate {
  const { width, height, bitsPerSample, samplesPerPixel, tileWidth, tileHeight } = found;
  const pixelBytes = samplesPerPixel * Math.max(1, bitsPerSample / 8);
  const decodedBytes = width * height * pixelBytes;
  const rows = tileHeight || Math.min(found.rowsPerStrip, height);
  const bandBytes = Math.max(width, tileWidth) * rows * pixelBytes;
  const isConverted = found.sampleFormat !== 1 || !commonBits.has(bitsPerSample);
  const seconds = isConverted ? width * height * samplesPerPixel * secondsPerConverted : decodedBytes * secondsPerByte;
  return {
    width,
    height,
    memoryBytes:
      commonBytes +
      lineBytes(width * pixelBytes, height) +
      (tileHeight || isConverted ? 2 * bandBytes : 0) +
      (isConverted ? averagedBytes : 0),
    seconds: commonSeconds + seconds + sizeBytes * secondsPerStoredByte + pages * secondsPerPage,
    ...(pages > 1 ? { because: `it has ${pages.toLocaleString("en")} pages` } : {}),
  };
}

class Reader {
  constructor(
    private readonly view: FileView,
    private readonly isLittle: boolean,
  ) {}

  /** Returns an unsigned integer; 0 beyond the end of the file. */
  uint(at: number, bytes: 1 | 2 | 4 | 8): number {
    const read = this.view.read(at, bytes);
    if (read.length < bytes) return 0;
    if (bytes === 8) return Number(this.isLittle ? read.readBigUInt64LE() : read.readBigUInt64BE());
    return this.isLittle ? read.readUIntLE(0, bytes) : read.readUIntBE(0, bytes);
  }

  /** Reads the tags of the directory at `at`; null where there is none. */
  directory(at: number, isBig: boolean): Directory | null {
    const next = this.nextOf(at, isBig);
    if (next === null) return null;
    const found: Partial<Tags> = {};
    const { entries, first, entryBytes } = this.layout(at, isBig);
    for (let i = 0; i < Math.min(entries, maxEntries); i++) {
      const entryAt = first + i * entryBytes;
      const name = tags.get(this.uint(entryAt, 2));
      // libtiff ignores a tag that it has seen.
      if (name && found[name] === undefined) found[name] = this.firstValue(entryAt, isBig);
    }
    return { tags: { ...defaults, ...found }, next };
  }

  /** Returns where the directory after the one at `at` is, 0 after the last; null where there is none at `at`. */
  nextOf(at: number, isBig: boolean): number | null {
    const { entries, first, entryBytes } = this.layout(at, isBig);
    if (entries === 0) return null;
    return this.uint(first + entries * entryBytes, isBig ? 8 : 4);
  }

  private layout(at: number, isBig: boolean) {
    const entries = at < 8 ? 0 : this.uint(at, isBig ? 8 : 2);
    return { entries, first: at + (isBig ? 8 : 2), entryBytes: isBig ? 20 : 12 };
  }

  /** Reads the first value of an entry, which may be elsewhere in the file. */
  private firstValue(entryAt: number, isBig: boolean): number {
    const [type, count] = [this.uint(entryAt + 2, 2), this.uint(entryAt + 4, isBig ? 8 : 4)];
    const bytes = ({ 1: 1, 3: 2, 4: 4, 16: 8 } as const)[type];
    if (!bytes) return 0;
    const inlineAt = entryAt + (isBig ? 12 : 8);
    const isInline = count * bytes <= (isBig ? 8 : 4);
    return this.uint(isInline ? inlineAt : this.uint(inlineAt, isBig ? 8 : 4), bytes);
  }
}
