import type { Bytes } from "../bytes/bytes";

/** What the first bytes of a TIFF file tell. Some cameras use another number in place of 42. */
export type TiffHeader = { isLittleEndian: boolean; isBig: boolean; magic: number; firstIfd: number };

/** A directory of tags (IFD) and where the next one lies, 0 at the last. */
export type Ifd = {
  at: number;
  next: number;
  has(tag: number): boolean;
  /** The values of a numeric tag, at most `max`; empty for a missing tag or one of another type. */
  numbers(tag: number, max?: number): number[];
  number(tag: number): number | undefined;
  text(tag: number): string | undefined;
  /** Where the values lie and how many bytes they take. */
  extent(tag: number): { at: number; length: number } | undefined;
};

/** Returns the header; null when the bytes are no TIFF. */
export function readTiffHeader(bytes: Bytes): TiffHeader | null {
  const head = bytes.read(0, 16);
  const order = head.toString("latin1", 0, 2);
  if (head.length < 8 || (order !== "II" && order !== "MM")) return null;
  const isLittleEndian = order === "II";
  const magic = isLittleEndian ? head.readUInt16LE(2) : head.readUInt16BE(2);
  const isBig = magic === 43 && head.length === 16;
  const firstIfd = readInteger(head, isBig ? 8 : 4, isBig ? 8 : 4, isLittleEndian);
  return { isLittleEndian, isBig, magic, firstIfd };
}

type Entry = { type: number; count: number; at: number };

const typeBytes: Record<number, number> = {
  1: 1, // BYTE
  2: 1, // ASCII
  3: 2, // SHORT
  4: 4, // LONG
  5: 8, // RATIONAL
  6: 1, // SBYTE
  7: 1, // UNDEFINED
  8: 2, // SSHORT
  9: 4, // SLONG
  10: 8, // SRATIONAL
  11: 4, // FLOAT
  12: 8, // DOUBLE
  13: 4, // IFD
  16: 8, // LONG8
  17: 8, // SLONG8
  18: 8, // IFD8
};

const maxEntries = 4_096;
const maxNumbers = 4_194_304;
const maxTextBytes = 4_096;

/** Returns the directory at an offset; null when there is none. Entries beyond the end of a file that was cut are left out. */
export function readIfd(bytes: Bytes, header: TiffHeader, at: number): Ifd | null {
  const { isLittleEndian, isBig } = header;
  const countBytes = isBig ? 8 : 2;
  const entryBytes = isBig ? 20 : 12;
  const offsetBytes = isBig ? 8 : 4;
  const countAt = bytes.read(at, countBytes);
  if (at < 8 || countAt.length < countBytes) return null;
  const count = readInteger(countAt, 0, countBytes, isLittleEndian);
  if (count === 0 || count > maxEntries) return null;
  const body = bytes.read(at + countBytes, count * entryBytes + offsetBytes);
  const entries = new Map<number, Entry>();
  for (let i = 0; i < count; i++) {
    const entry = body.subarray(i * entryBytes, (i + 1) * entryBytes);
    if (entry.length < entryBytes) break;
    const type = readInteger(entry, 2, 2, isLittleEndian);
    const values = readInteger(entry, 4, offsetBytes, isLittleEndian);
    const isInline = values * (typeBytes[type] ?? 1) <= offsetBytes;
    const inlineAt = at + countBytes + i * entryBytes + 4 + offsetBytes;
    const valuesAt = isInline ? inlineAt : readInteger(entry, 4 + offsetBytes, offsetBytes, isLittleEndian);
    entries.set(readInteger(entry, 0, 2, isLittleEndian), { type, count: values, at: valuesAt });
  }
  const next = body.subarray(count * entryBytes);
  return {
    at,
    next: next.length === offsetBytes ? readInteger(next, 0, offsetBytes, isLittleEndian) : 0,
    ...accessors(bytes, entries, isLittleEndian),
  };
}

type Accessors = Pick<Ifd, "has" | "numbers" | "number" | "text" | "extent">;

function accessors(bytes: Bytes, entries: Map<number, Entry>, isLittleEndian: boolean): Accessors {
  const numbers = (tag: number, max = maxNumbers): number[] => {
    const entry = entries.get(tag);
    const read = entry && readerOf(entry.type, isLittleEndian);
    if (!entry || !read) return [];
    const size = typeBytes[entry.type] ?? 1;
    const body = bytes.read(entry.at, Math.min(entry.count, max, maxNumbers) * size);
    return Array.from({ length: Math.floor(body.length / size) }, (_, i) => read(body, i * size));
  };
  return {
    has: (tag) => entries.has(tag),
    numbers,
    number: (tag) => numbers(tag, 1)[0],
    text(tag) {
      const entry = entries.get(tag);
      if (!entry || ![1, 2, 7].includes(entry.type)) return undefined;
      const text = bytes.read(entry.at, Math.min(entry.count, maxTextBytes)).toString("latin1");
      return text.replace(/\0.*$/s, "").trim();
    },
    extent(tag) {
      const entry = entries.get(tag);
      return entry && { at: entry.at, length: entry.count * (typeBytes[entry.type] ?? 1) };
    },
  };
}

function readerOf(type: number, isLittleEndian: boolean): ((body: Buffer, at: number) => number) | undefined {
  const unsigned = (size: number) => (body: Buffer, at: number) => readInteger(body, at, size, isLittleEndian);
  switch (type) {
    case 1:
    case 7:
      return unsigned(1);
    case 3:
      return unsigned(2);
    case 4:
    case 13:
      return unsigned(4);
    case 16:
    case 18:
      return unsigned(8);
    case 6:
      return (body, at) => body.readInt8(at);
    case 8:
      return (body, at) => (isLittleEndian ? body.readInt16LE(at) : body.readInt16BE(at));
    case 9:
      return (body, at) => (isLittleEndian ? body.readInt32LE(at) : body.readInt32BE(at));
    case 5:
      return (body, at) => unsigned(4)(body, at) / unsigned(4)(body, at + 4);
    case 11:
      return (body, at) => (isLittleEndian ? body.readFloatLE(at) : body.readFloatBE(at));
    case 12:
      return (body, at) => (isLittleEndian ? body.readDoubleLE(at) : body.readDoubleBE(at));
    default:
      return undefined;
  }
}

/** Offsets of 64 bits are read as numbers: those beyond 2^53 lie beyond any file. */
function readInteger(body: Buffer, at: number, size: number, isLittleEndian: boolean): number {
  if (size === 8) return Number(isLittleEndian ? body.readBigUInt64LE(at) : body.readBigUInt64BE(at));
  return isLittleEndian ? body.readUIntLE(at, size) : body.readUIntBE(at, size);
}
