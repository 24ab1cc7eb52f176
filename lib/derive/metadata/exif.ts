import ExifReader from "exifreader";
import { type ByteSource, UnreadableError } from "./find/byte-source";

/** Tags by their number in EXIF 3.0, section 4.6: a directory may stand in another one's place. */
const tagIds = {
  dateTime: 0x0132,
  dateTimeOriginal: 0x9003,
  dateTimeDigitized: 0x9004,
  offsetTime: 0x9010,
  offsetTimeOriginal: 0x9011,
  offsetTimeDigitized: 0x9012,
  subSecTimeOriginal: 0x9291,
  subSecTimeDigitized: 0x9292,
} as const;

/** Tags of the GPS directory, whose numbers mean other things in other directories. */
const gpsIds = {
  GPSLatitudeRef: 0x01,
  GPSLatitude: 0x02,
  GPSLongitudeRef: 0x03,
  GPSLongitude: 0x04,
  GPSTimeStamp: 0x07,
  GPSDateStamp: 0x1d,
} as const;

/** The tag that says where the GPS directory is. The library follows it only if it is asked for. */
const gpsPointerId = 0x8825;

/** Tags of a TIFF file that hold blocks of other kinds. */
const embeddedIds = { xmp: 0x02bc, iptc: 0x83bb, photoshop: 0x8649 } as const;

/** What EXIF says, as it is written. Rationals that are not numbers (a denominator of 0) are NaN. */
export type ExifFacts = Record<keyof typeof tagIds | "gpsLatitudeRef" | "gpsLongitudeRef" | "gpsDateStamp", string> &
  Record<"gpsLatitude" | "gpsLongitude" | "gpsTimeStamp", number[]>;

/** Reads the directories of a TIFF structure. Damaged ones count as empty. */
export function readExif(source: ByteSource): ExifFacts {
  const ids = [...Object.values(tagIds), ...Object.values(gpsIds), gpsPointerId];
  const tags = readTags(source, ids, maxReads.tags);
  const text = (id: keyof typeof tagIds) => textOf(Object.values(tags).find((tag) => tag.id === tagIds[id])?.value);
  // In CR3 the GPS directory stands alone, so that the library does not know its names.
  const gps = (name: keyof typeof gpsIds) => (tags[name] ?? tags[`undefined-${gpsIds[name]}`])?.value;
  return {
    dateTime: text("dateTime"),
    dateTimeOriginal: text("dateTimeOriginal"),
    dateTimeDigitized: text("dateTimeDigitized"),
    offsetTime: text("offsetTime"),
    offsetTimeOriginal: text("offsetTimeOriginal"),
    offsetTimeDigitized: text("offsetTimeDigitized"),
    subSecTimeOriginal: text("subSecTimeOriginal"),
    subSecTimeDigitized: text("subSecTimeDigitized"),
    gpsLatitudeRef: textOf(gps("GPSLatitudeRef")),
    gpsLongitudeRef: textOf(gps("GPSLongitudeRef")),
    gpsDateStamp: textOf(gps("GPSDateStamp")),
    gpsLatitude: numbersOf(gps("GPSLatitude")),
    gpsLongitude: numbersOf(gps("GPSLongitude")),
    gpsTimeStamp: numbersOf(gps("GPSTimeStamp")),
  };
}

/** Reads the blocks that a TIFF file holds in tags, each by itself: one that is too large does not hide the others. */
export function readEmbedded(source: ByteSource): Record<keyof typeof embeddedIds, Buffer> {
  const bytesOf = (id: number) => {
    const value = Object.values(readTags(source, [id], maxReads.blocks)).find((tag) => tag.id === id)?.value;
    return Array.isArray(value) && typeof value[0] === "number" ? Buffer.from(value) : Buffer.alloc(0);
  };
  return {
    xmp: bytesOf(embeddedIds.xmp),
    iptc: bytesOf(embeddedIds.iptc),
    photoshop: bytesOf(embeddedIds.photoshop),
  };
}

type Tags = Record<string, { id?: number; value?: unknown }>;

function readTags(source: ByteSource, ids: number[], reads: number): Tags {
  const options = { expanded: true, includeUnknown: true, includeTags: { exif: ids } } as const;
  try {
    // The library's own wrapper of a Buffer has no more of DataView than this.
    return (ExifReader.loadView(new View(source, reads) as unknown as DataView, options).exif ?? {}) as Tags;
  } catch {
    return {}; // The library throws for what is not TIFF, and the view when it has read enough.
  }
}

/** Directories have some hundred entries. Blocks in tags are read byte by byte. */
const maxReads = { tags: 100_000, blocks: 1024 * 1024 } as const;
const pageBytes = 1_024;
const maxTextBytes = 100;

/**
 * Gives the library the bytes it asks for, and no more than a number of them: every loop of the library reads, so its work is
 * bounded, and a file is not held in memory.
 */
class View {
  readonly byteLength: number;
  #page: Buffer = Buffer.alloc(0);
  #pageAt = 0;
  #readsLeft: number;

  constructor(
    private readonly source: ByteSource,
    reads: number,
  ) {
    this.byteLength = source.sizeBytes;
    this.#readsLeft = reads;
  }

  getUint8(offset: number): number {
    return this.#at(offset, 1).readUInt8(offset - this.#pageAt);
  }

  getUint16(offset: number, littleEndian?: boolean): number {
    const page = this.#at(offset, 2);
    return littleEndian ? page.readUInt16LE(offset - this.#pageAt) : page.readUInt16BE(offset - this.#pageAt);
  }

  getUint32(offset: number, littleEndian?: boolean): number {
    const page = this.#at(offset, 4);
    return littleEndian ? page.readUInt32LE(offset - this.#pageAt) : page.readUInt32BE(offset - this.#pageAt);
  }

  getInt32(offset: number, littleEndian?: boolean): number {
    const page = this.#at(offset, 4);
    return littleEndian ? page.readInt32LE(offset - this.#pageAt) : page.readInt32BE(offset - this.#pageAt);
  }

  #at(offset: number, length: number): Buffer {
    this.#readsLeft -= 1;
    if (this.#readsLeft < 0) throw new UnreadableError("too much to read");
    const at = offset - this.#pageAt;
    if (at >= 0 && at + length <= this.#page.length) return this.#page;
    const rest = this.byteLength - offset;
    this.#page = this.source.read(offset, Math.max(length, Math.min(pageBytes, rest)));
    this.#pageAt = offset;
    return this.#page;
  }
}

/** The library gives a text as the list of its parts between zeros, and one that is declared as bytes as numbers. */
function textOf(value: unknown): string {
  if (!Array.isArray(value)) return "";
  const bytes = value.slice(0, maxTextBytes).filter((part) => typeof part === "number");
  const text = value.find((part) => typeof part === "string") ?? String.fromCharCode(...bytes).split("\0")[0] ?? "";
  return text.trim();
}

/** The library gives a rational as numerator and denominator, and a list of one as its only element. */
function numbersOf(value: unknown): number[] {
  if (!Array.isArray(value)) return [];
  const rationals: unknown[] = Array.isArray(value[0]) ? value : [value];
  return rationals.slice(0, 3).map((rational) => {
    const [numerator, denominator] = Array.isArray(rational) ? rational : [];
    return typeof numerator === "number" && typeof denominator === "number" && denominator !== 0
      ? numerator / denominator
      : Number.NaN;
  });
}
