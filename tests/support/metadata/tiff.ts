/** Writes TIFF structures as cameras do, and as they should not. */

export type Order = "II" | "MM";
type Field = { type: number; count: number; bytes: Buffer };
/** A value in either byte order. */
export type Value = (order: Order) => Field;
export type Directory = Record<number, Value>;

export type TiffOptions = {
  order?: Order;
  /** The number after the byte order: 42, or that of a raw format. */
  magic?: number;
  ifd0?: Directory;
  exif?: Directory;
  gps?: Directory;
};

export const tag = {
  xmp: 0x02bc,
  photoshop: 0x8649,
  iptc: 0x83bb,
  dateTime: 0x0132,
  dateTimeOriginal: 0x9003,
  dateTimeDigitized: 0x9004,
  offsetTime: 0x9010,
  offsetTimeOriginal: 0x9011,
  offsetTimeDigitized: 0x9012,
  subSecTimeOriginal: 0x9291,
  gpsLatitudeRef: 1,
  gpsLatitude: 2,
  gpsLongitudeRef: 3,
  gpsLongitude: 4,
  gpsTimeStamp: 7,
  gpsDateStamp: 0x1d,
} as const;
const exifPointer = 0x8769;
const gpsPointer = 0x8825;

export function ascii(text: string): Value {
  const bytes = Buffer.from(`${text}\0`, "latin1");
  return () => ({ type: 2, count: bytes.length, bytes });
}

export function undefinedBytes(bytes: Buffer): Value {
  return () => ({ type: 7, count: bytes.length, bytes });
}

export function rationals(...pairs: [numerator: number, denominator: number][]): Value {
  return (order) => ({ type: 5, count: pairs.length, bytes: numbers(order, pairs.flat()) });
}

export function signedRationals(...pairs: [numerator: number, denominator: number][]): Value {
  return (order) => ({ type: 10, count: pairs.length, bytes: numbers(order, pairs.flat()) });
}

/** A value that lies where the file has no bytes. */
export function faulty(type: number, count: number): Value {
  return () => ({ type, count, bytes: Buffer.alloc(0) });
}

/** The four tags of a position, as most cameras write them: degrees, minutes, hundredths of a second. */
export function position(latitude: number, longitude: number): Directory {
  return {
    [tag.gpsLatitudeRef]: ascii(latitude < 0 ? "S" : "N"),
    [tag.gpsLatitude]: rationals(...sexagesimal(latitude)),
    [tag.gpsLongitudeRef]: ascii(longitude < 0 ? "W" : "E"),
    [tag.gpsLongitude]: rationals(...sexagesimal(longitude)),
  };
}

function sexagesimal(value: number): [number, number][] {
  const hundredths = Math.round(Math.abs(value) * 360_000);
  return [
    [Math.floor(hundredths / 360_000), 1],
    [Math.floor(hundredths / 6_000) % 60, 1],
    [hundredths % 6_000, 100],
  ];
}

export function tiff({ order = "II", magic = 42, ifd0 = {}, exif, gps }: TiffOptions): Buffer {
  const header = Buffer.concat([Buffer.from(order, "latin1"), number16(order, magic), number32(order, 8)]);
  const pointers: Directory = {};
  const first = { ...ifd0, ...(exif && { [exifPointer]: pointer(0) }), ...(gps && { [gpsPointer]: pointer(0) }) };
  let end = header.length + directory(order, first, 0).length;
  const parts: Buffer[] = [];
  for (const [id, entries] of [
    [exifPointer, exif],
    [gpsPointer, gps],
  ] as const) {
    if (!entries) continue;
    pointers[id] = pointer(end);
    const part = directory(order, entries, end);
    parts.push(part);
    end += part.length;
  }
  return Buffer.concat([header, directory(order, { ...first, ...pointers }, header.length), ...parts]);
}

function pointer(offset: number): Value {
  return (order) => ({ type: 4, count: 1, bytes: number32(order, offset) });
}

/** A directory that stands at `start`, its values behind it. */
function directory(order: Order, entries: Directory, start: number): Buffer {
  const ids = Object.keys(entries)
    .map(Number)
    .sort((a, b) => a - b);
  const values: Buffer[] = [];
  let valueAt = start + 2 + ids.length * 12 + 4;
  const rows = ids.map((id) => {
    const { type, count, bytes } = (entries[id] as Value)(order);
    const head = Buffer.concat([number16(order, id), number16(order, type), number32(order, count)]);
    if (bytes.length > 0 && bytes.length <= 4) return Buffer.concat([head, bytes, Buffer.alloc(4 - bytes.length)]);
    const row = Buffer.concat([head, number32(order, bytes.length === 0 ? 0xffff_ff00 : valueAt)]);
    values.push(bytes);
    valueAt += bytes.length;
    return row;
  });
  return Buffer.concat([number16(order, ids.length), ...rows, number32(order, 0), ...values]);
}

function numbers(order: Order, values: number[]): Buffer {
  return Buffer.concat(values.map((value) => number32(order, value >>> 0)));
}

function number16(order: Order, value: number): Buffer {
  const bytes = Buffer.alloc(2);
  if (order === "II") bytes.writeUInt16LE(value);
  else bytes.writeUInt16BE(value);
  return bytes;
}

function number32(order: Order, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  if (order === "II") bytes.writeUInt32LE(value);
  else bytes.writeUInt32BE(value);
  return bytes;
}
