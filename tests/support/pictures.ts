import { crc32 } from "node:zlib";
import sharp, { type Exif } from "sharp";

/**
 * Pictures for tests, good and bad. All are made from raw pixels: the code under test lets sharp load nothing but the
 * formats it derives, and a process that has loaded it could not compose pictures from others.
 */

export type PictureFormat = "jpeg" | "png" | "webp" | "gif" | "tiff" | "avif";
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

export type PictureOptions = {
  width?: number;
  height?: number;
  format?: PictureFormat;
  /** Another seed is another picture, byte for byte. */
  seed?: number;
  orientation?: Orientation;
  /** `2024-05-17T09:30:00` as a camera would note it, without a zone. */
  takenAt?: string;
  /** `+02:00`: only newer cameras note it. */
  offset?: string;
  position?: { latitude: number; longitude: number };
};

type Rgb = readonly [number, number, number];
type Raw = { pixels: Buffer; width: number; height: number };

/** A picture that looks like one: sky, hills, a sun, and grain, so that it compresses like a photograph. */
export async function picture(options: PictureOptions = {}): Promise<Buffer> {
  const { width = 640, height = 480, format = "jpeg", seed = 1 } = options;
  return encode(landscape(width, height, seed), format, options);
}

/** The colours of the four quarters, seen upright. */
export const quarters = {
  topLeft: [220, 30, 30],
  topRight: [30, 170, 30],
  bottomLeft: [30, 30, 220],
  bottomRight: [230, 210, 40],
} as const satisfies Record<string, Rgb>;

/** Upright it is 320 × 240 with the `quarters`; stored turned or mirrored, as the EXIF orientation says. */
export async function orientedPicture(orientation: Orientation, format: PictureFormat = "jpeg"): Promise<Buffer> {
  const upright = { width: 320, height: 240 };
  const swapped = orientation >= 5;
  const width = swapped ? upright.height : upright.width;
  const height = swapped ? upright.width : upright.height;
  const raw = paint(width, height, (x, y) => {
    const [u, v] = uprightPoint(orientation, x, y, width, height);
    const top = v < upright.height / 2;
    if (u < upright.width / 2) return top ? quarters.topLeft : quarters.bottomLeft;
    return top ? quarters.topRight : quarters.bottomRight;
  });
  return encode(raw, format, { orientation });
}

/** One colour per frame. */
export async function animatedPicture(format: "gif" | "webp", frames: Rgb[]): Promise<Buffer> {
  const side = 64;
  const { pixels } = paint(side, side * frames.length, (_x, y) => frames[Math.floor(y / side)] ?? [0, 0, 0]);
  const pages = { width: side, height: side * frames.length, channels: 3, pageHeight: side } as const;
  return sharp(pixels, { raw: pages }).toFormat(format).toBuffer();
}

/** JPEG in CMYK, as printers send it. */
export async function cmykJpeg(): Promise<Buffer> {
  return sharp(landscape(400, 300, 3).pixels, { raw: { width: 400, height: 300, channels: 3 } })
    .toColourspace("cmyk")
    .jpeg()
    .toBuffer();
}

/** 16 bits a channel: a gradient whose top 8 bits are what a viewer shows. */
export async function deepPicture(format: "png" | "tiff"): Promise<Buffer> {
  const { pixels, width, height } = landscape(400, 300, 4);
  const image = sharp(pixels, { raw: { width, height, channels: 3 } }).toColourspace("rgb16");
  return format === "png" ? image.png().toBuffer() : image.tiff({ compression: "lzw" }).toBuffer();
}

/** sRGB's pure green, stored in Display P3 and tagged so: taken for sRGB it would look dull (117, 251, 76). */
export async function wideGamutPicture(): Promise<Buffer> {
  const { pixels, width, height } = paint(200, 200, () => [0, 255, 0]);
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .withIccProfile("p3")
    .png()
    .toBuffer();
}

/** Half transparent, red. */
export async function translucentPicture(): Promise<Buffer> {
  const pixels = Buffer.alloc(300 * 200 * 4);
  for (let i = 0; i < pixels.length; i += 4) pixels.writeUInt32BE(0xff_00_00_80, i);
  return sharp(pixels, { raw: { width: 300, height: 200, channels: 4 } })
    .png()
    .toBuffer();
}

/** A PNG of a few bytes whose header claims any size. */
export function pngBomb(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const nothing = Buffer.from("789c030000000001", "hex"); // an empty deflate stream
  return Buffer.concat([signature, pngChunk("IHDR", header), pngChunk("IDAT", nothing), pngChunk("IEND")]);
}

/** Frames a chunk with its length and checksum. */
export function pngChunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  chunk.set(body, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

/** Only the first part of the bytes, as an interrupted copy leaves it. */
export function truncated(bytes: Buffer, share = 0.6): Buffer {
  return bytes.subarray(0, Math.floor(bytes.length * share));
}

/** Only the header: nothing of the picture is left. */
export function headerAlone(bytes: Buffer): Buffer {
  return bytes.subarray(0, 100);
}

/** Things that are no pictures whatever their names say. */
export const notPictures = {
  html: Buffer.from("<!doctype html><title>x</title><script>alert(1)</script>\n"),
  svg: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>\n'),
  xml: Buffer.from('<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>\n'),
  text: Buffer.from("Réf — 14 colonies counted, 3 bleached.\n"),
  csv: Buffer.from("site,year,count\nA,2024,14\n"),
  pdf: Buffer.from("%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"),
  noise: Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 167 + (i >> 3) * 41) & 0xff)),
} as const;

export type NamedPicture = { path: string; bytes: Buffer };

/** A folder as people have them: nested, with odd names; each picture differs, dates run from 2024-01-01 by hours. */
export async function folderOfPictures(count: number, options: PictureOptions = {}): Promise<NamedPicture[]> {
  const folders = ["", "site-3/", "site-3/2024 spring/", "Fjörður/🐟 fish/", "אתר/"];
  const names = [
    "IMG_{n}.jpg",
    "img_{n}.JPG",
    "a b&c +{n}.jpg",
    "100% {n}#1?.jpg",
    "“quoted” {n}'s.jpeg",
    "שלום-{n}.jpg",
  ];
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const name = (names[n % names.length] ?? "").replace("{n}", String(n).padStart(4, "0"));
      const takenAt = new Date(Date.UTC(2024, 0, 1, n)).toISOString().slice(0, 19);
      const bytes = await picture({ width: 480, height: 360, takenAt, offset: "+00:00", ...options, seed: n + 1 });
      return { path: `${folders[n % folders.length]}${name}`.normalize("NFC"), bytes };
    }),
  );
}

function landscape(width: number, height: number, seed: number): Raw {
  let state = seed * 2_654_435_761;
  const grain = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return ((state >>> 24) - 128) / 12;
  };
  const sun = { x: width * (0.2 + ((seed * 37) % 60) / 100), y: height * 0.25, r: Math.min(width, height) * 0.08 };
  return paint(width, height, (x, y) => {
    const hill = height * (0.62 + 0.09 * Math.sin((x / width) * 7 + seed) + 0.04 * Math.sin((x / width) * 23 + seed));
    const n = grain();
    const t = y / height;
    if (y > hill) return [60 + n + 50 * t, 90 + n + ((seed * 53) % 70) * t, 50 + n];
    if ((x - sun.x) ** 2 + (y - sun.y) ** 2 < sun.r ** 2) return [250 + n, 215 + n, 120 + n];
    return [70 + n + 150 * t, 120 + n + 90 * t, 205 + n + ((seed * 29) % 40) * t];
  });
}

function paint(width: number, height: number, colour: (x: number, y: number) => Rgb): Raw {
  const pixels = Buffer.alloc(width * height * 3);
  let i = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [r, g, b] = colour(x, y);
      pixels[i++] = Math.max(0, Math.min(255, r));
      pixels[i++] = Math.max(0, Math.min(255, g));
      pixels[i++] = Math.max(0, Math.min(255, b));
    }
  }
  return { pixels, width, height };
}

/** Where a stored point lies in the upright picture (Exif 2.32, table 6). */
function uprightPoint(orientation: Orientation, x: number, y: number, w: number, h: number): [number, number] {
  const points: Record<Orientation, [number, number]> = {
    1: [x, y],
    2: [w - 1 - x, y],
    3: [w - 1 - x, h - 1 - y],
    4: [x, h - 1 - y],
    5: [y, x],
    6: [h - 1 - y, x],
    7: [h - 1 - y, w - 1 - x],
    8: [y, w - 1 - x],
  };
  return points[orientation];
}

async function encode(raw: Raw, format: PictureFormat, options: PictureOptions): Promise<Buffer> {
  const { pixels, width, height } = raw;
  let image = sharp(pixels, { raw: { width, height, channels: 3 } });
  const exif = exifOf(options);
  if (exif) image = image.withExif(exif);
  if (options.orientation !== undefined) image = image.withMetadata({ orientation: options.orientation });
  switch (format) {
    case "jpeg":
      return image.jpeg({ quality: 88 }).toBuffer();
    case "webp":
      return image.webp({ quality: 85, effort: 1 }).toBuffer();
    case "avif":
      return image.avif({ quality: 60, effort: 0 }).toBuffer();
    default:
      return image.toFormat(format).toBuffer();
  }
}

function exifOf({ takenAt, offset, position }: PictureOptions): Exif | undefined {
  if (takenAt === undefined && position === undefined) return undefined;
  const exif: Exif = { IFD0: { Make: "Atoll", Model: "Test" } };
  if (takenAt !== undefined) {
    exif.IFD2 = { DateTimeOriginal: takenAt.replaceAll("-", ":").replace("T", " ") };
    if (offset !== undefined) exif.IFD2.OffsetTimeOriginal = offset;
  }
  if (position) {
    exif.IFD3 = {
      GPSLatitudeRef: position.latitude < 0 ? "S" : "N",
      GPSLatitude: degrees(position.latitude),
      GPSLongitudeRef: position.longitude < 0 ? "W" : "E",
      GPSLongitude: degrees(position.longitude),
    };
  }
  return exif;
}

function degrees(value: number): string {
  const seconds = Math.round(Math.abs(value) * 3_600 * 100);
  const whole = Math.floor(seconds / 360_000);
  const minutes = Math.floor((seconds - whole * 360_000) / 6_000);
  return `${whole}/1 ${minutes}/1 ${seconds - whole * 360_000 - minutes * 6_000}/100`;
}
