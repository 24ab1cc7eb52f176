import sharp from "sharp";

/** AVIF files as encoders at hand do not write them: other code points, sequences. */

type AvifOptions = {
  width?: number;
  height?: number;
  /** From 0 to 1. */
  value: (x: number, y: number) => readonly [number, number, number];
  /** Code points of ITU-T H.273, in place of those of sRGB. */
  primaries?: number;
  transfer?: number;
  isGrey?: boolean;
  /** What the code points say of the range; the pixels are encoded with the whole one. */
  hasVideoLevels?: boolean;
};

/** A still picture of 10 bits. */
export async function avifPicture(options: AvifOptions): Promise<Buffer> {
  const { width = 64, height = 64, value, primaries = 1, transfer = 13 } = options;
  const pixels = new Uint16Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const [c, part] of value(x, y).entries()) pixels[(y * width + x) * 3 + c] = Math.round(part * 65_535);
    }
  }
  const encoded = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .toColourspace(options.isGrey ? "grey16" : "rgb16")
    .avif({ quality: 95, effort: 0, bitdepth: 10, chromaSubsampling: "4:4:4" })
    .toBuffer();
  // The encoder at hand notes no code points. Its matrix is that of BT.601, its range full.
  const colour = box(
    "colr",
    text("nclx"),
    u16(primaries),
    u16(transfer),
    u16(6),
    Buffer.from([options.hasVideoLevels ? 0 : 0x80]),
  );
  const size = box("ispe", u32(0), u32(width), u32(height));
  return stillFile(boxOf(encoded, "mdat").subarray(8), [boxOf(encoded, "av1C"), size, colour]);
}

function stillFile(data: Buffer, properties: Buffer[]): Buffer {
  const start = box("ftyp", text("avif"), u32(0), text("avif"), text("mif1"), text("miaf"));
  const item = box("infe", u32(0x0200_0000), u16(1), u16(0), text("av01"), Buffer.alloc(1));
  const associations = Buffer.from([properties.length, ...properties.map((_, i) => i + 1)]);
  const meta = (at: number) =>
    box(
      "meta",
      u32(0),
      box("hdlr", u32(0), u32(0), text("pict"), Buffer.alloc(13)),
      box("pitm", u32(0), u16(1)),
      box("iloc", u32(0), u16(0x4400), u16(1), u16(1), u16(0), u16(1), u32(at), u32(data.length)),
      box("iinf", u32(0), u16(1), item),
      box("iprp", box("ipco", ...properties), box("ipma", u32(0), u32(1), u16(1), associations)),
    );
  return Buffer.concat([start, meta(start.length + meta(0).length + 8), box("mdat", data)]);
}

/** The same file, calling itself a sequence: as encoders write animations that start with a still picture. */
export function withSequenceBrand(still: Buffer): Buffer {
  const bytes = Buffer.from(still);
  bytes.write("avis", 8, "latin1");
  return bytes;
}

/** A sequence of one frame without a still picture beside it. */
export function sequenceOf(still: Buffer, { width, height }: { width: number; height: number }): Buffer {
  const frame = boxOf(still, "mdat").subarray(8);
  const configuration = boxOf(still, "av1C");
  const start = box("ftyp", text("avis"), u32(0), text("avis"), text("msf1"));
  const entry = Buffer.alloc(78);
  entry.writeUInt16BE(1, 6);
  entry.writeUInt16BE(width, 24);
  entry.writeUInt16BE(height, 26);
  const table = box(
    "stbl",
    box("stsd", u32(0), u32(1), box("av01", entry, configuration)),
    box("stsz", u32(0), u32(0), u32(1), u32(frame.length)),
    box("stco", u32(0), u32(1), u32(start.length + 8)),
  );
  const media = box("mdia", box("hdlr", u32(0), u32(0), text("pict"), Buffer.alloc(13)), box("minf", table));
  return Buffer.concat([start, box("mdat", frame), box("moov", box("trak", media))]);
}

function boxOf(bytes: Buffer, type: string): Buffer {
  const at = bytes.indexOf(type, 0, "latin1") - 4;
  if (at < 0) throw new Error(`no box ${type}`);
  return bytes.subarray(at, at + bytes.readUInt32BE(at));
}

export function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([u32(body.length + 8), text(type), body]);
}

const text = (value: string) => Buffer.from(value, "latin1");

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
