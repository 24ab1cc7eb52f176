import { deflateSync } from "node:zlib";

export type TiffOptions = {
  width: number;
  height: number;
  channels?: 1 | 3 | 4 | 5;
  bits?: 8 | 16 | 32;
  /** 1 unsigned, 2 signed, 3 floating point. */
  sampleFormat?: 1 | 2 | 3;
  /** All rows in one strip unless stated. */
  rowsPerStrip?: number;
  /** Sides of tiles, which replace strips. */
  tile?: number;
  /** Directories after the first, each with a picture of one pixel. */
  morePages?: number;
  /** 8 CIELab; by the channels unless stated. */
  photometric?: number;
  /** How much of each strip the file says that it has. */
  storedShare?: number;
  isPlanar?: boolean;
  extra?: Entry[];
  /** False for only the header of the picture, with no pixels behind it. */
  hasPixels?: boolean;
};

type Entry = [tag: number, type: 3 | 4, values: number[]];
const [short, long] = [3, 4] as const;

/** A TIFF of zeros, deflated: each strip or tile is stored once, and all offsets lead to it. */
export function zeroTiff({
  width,
  height,
  channels = 3,
  bits = 8,
  sampleFormat = 1,
  rowsPerStrip = height,
  tile,
  morePages = 0,
  photometric = channels === 1 ? 1 : 2,
  storedShare = 1,
  isPlanar = false,
  extra = [],
  hasPixels = true,
}: TiffOptions): Buffer {
  const pixelBytes = (channels * bits) / 8;
  const unitBytes = tile ? tile * tile * pixelBytes : rowsPerStrip * width * pixelBytes;
  const unit = deflateSync(Buffer.alloc(hasPixels ? unitBytes : 0), { level: 9 });
  const units = tile ? Math.ceil(width / tile) * Math.ceil(height / tile) : Math.ceil(height / rowsPerStrip);
  const at = Array<number>(units).fill(8);
  const sizes = Array<number>(units).fill(Math.floor(unit.length * storedShare));
  const layout: Entry[] = tile
    ? [
        [322, long, [tile]],
        [323, long, [tile]],
        [324, long, at],
        [325, long, sizes],
      ]
    : [
        [273, long, at],
        [278, long, [rowsPerStrip]],
        [279, long, sizes],
      ];
  const first: Entry[] = [
    [256, long, [width]],
    [257, long, [height]],
    [258, short, Array<number>(channels).fill(bits)],
    [259, short, [8]],
    [262, short, [photometric]],
    [277, short, [channels]],
    [284, short, [isPlanar ? 2 : 1]],
    ...layout,
    [339, short, Array<number>(channels).fill(sampleFormat)],
    ...extra,
  ];
  const start = 8 + unit.length + (unit.length & 1);
  const directory = directoryAt(
    start,
    first.sort(([a], [b]) => a - b),
  );
  const pages = pagesAt(start + directory.length, morePages);
  // The last four bytes of the directory's entries lead to the next one.
  const entriesEnd = 2 + first.length * 12;
  directory.writeUInt32LE(morePages > 0 ? start + directory.length : 0, entriesEnd);
  const head = Buffer.from("II*\0\0\0\0\0", "latin1");
  head.writeUInt32LE(start, 4);
  return Buffer.concat([head, unit, Buffer.alloc(unit.length & 1), directory, pages]);
}

/** Returns a directory with its values behind it. */
function directoryAt(at: number, entries: Entry[]): Buffer {
  const table = Buffer.alloc(2 + entries.length * 12 + 4);
  table.writeUInt16LE(entries.length, 0);
  const values: Buffer[] = [];
  let valuesAt = at + table.length;
  entries.forEach(([tag, type, numbers], i) => {
    const packed = Buffer.alloc(numbers.length * (type === short ? 2 : 4));
    numbers.forEach((value, n) => {
      if (type === short) packed.writeUInt16LE(value, n * 2);
      else packed.writeUInt32LE(value, n * 4);
    });
    const entryAt = 2 + i * 12;
    table.writeUInt16LE(tag, entryAt);
    table.writeUInt16LE(type, entryAt + 2);
    table.writeUInt32LE(numbers.length, entryAt + 4);
    if (packed.length <= 4) packed.copy(table, entryAt + 8);
    else {
      table.writeUInt32LE(valuesAt, entryAt + 8);
      values.push(packed);
      valuesAt += packed.length;
    }
  });
  return Buffer.concat([table, ...values]);
}

/** Returns directories of a grey pixel each, one behind the other. */
function pagesAt(at: number, count: number): Buffer {
  const entries: Entry[] = [
    [256, short, [1]],
    [257, short, [1]],
    [258, short, [8]],
    [262, short, [1]],
    [273, long, [8]],
    [279, long, [1]],
  ];
  const page = directoryAt(0, entries);
  return Buffer.concat(
    Array.from({ length: count }, (_, i) => {
      const copy = Buffer.from(page);
      copy.writeUInt32LE(i + 1 < count ? at + (i + 1) * page.length : 0, page.length - 4);
      return copy;
    }),
  );
}
