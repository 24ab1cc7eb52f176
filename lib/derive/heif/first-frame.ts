import type { Bytes } from "../bytes/bytes";
import { findBox, readBoxes } from "./boxes";

const maxFrameBytes = 64 * 1024 * 1024;

/**
 * Returns the first frame of an AVIF sequence as a still AVIF file, without its transparency (a track of its own); null when
 * there is none. libvips reads still pictures only.
 */
export function firstFrame(bytes: Bytes): Buffer | null {
  const movie = findBox(bytes, "moov");
  const tracks = movie ? readBoxes(movie).filter(({ type }) => type === "trak") : [];
  for (const { content: track } of tracks) {
    const handler = findBox(track, "mdia", "hdlr")?.read(8, 4).toString("latin1");
    const table = findBox(track, "mdia", "minf", "stbl");
    const frame = handler === "pict" && table ? readFrame(bytes, table) : null;
    if (frame) return frame;
  }
  return null;
}

function readFrame(bytes: Bytes, table: Bytes): Buffer | null {
  const entry = findBox(table, "stsd")?.read(0, 36);
  const boxes = findBox(table, "stsd", "av01");
  const sizes = findBox(table, "stsz")?.read(0, 16);
  const [short, long] = [findBox(table, "stco")?.read(0, 12), findBox(table, "co64")?.read(0, 16)];
  if (!entry || !boxes || !sizes || sizes.length < 16) return null;
  const at = short?.length === 12 ? short.readUInt32BE(8) : long?.length === 16 ? Number(long.readBigUInt64BE(8)) : 0;
  const length = sizes.readUInt32BE(4) || sizes.readUInt32BE(12);
  const data = bytes.read(at, Math.min(length, maxFrameBytes));
  if (entry.length < 36 || data.length === 0 || data.length < length) return null;
  const properties = readBoxes(boxes)
    .filter(({ type }) => type === "av1C" || type === "colr")
    .map(({ type, content }) => box(type, content.read(0, content.size)));
  return stillFile(data, { width: entry.readUInt16BE(32), height: entry.readUInt16BE(34), properties });
}

/** Writes an AVIF file of one item (ISO/IEC 23008-12): its data come last. */
function stillFile(
  data: Buffer,
  { width, height, properties }: { width: number; height: number; properties: Buffer[] },
): Buffer {
  const all = [full("ispe", u32(width), u32(height)), ...properties];
  // The first bit of an association tells that readers must know the property.
  const associations = all.map((_, i) => u8(i + 1));
  const head = (dataAt: number) =>
    Buffer.concat([
      box("ftyp", text("avif"), u32(0), text("avif"), text("mif1"), text("miaf")),
      full(
        "meta",
        full("hdlr", u32(0), text("pict"), Buffer.alloc(13)),
        full("pitm", u16(1)),
        // Offsets and lengths of 4 bytes, no base; one item of one piece.
        full("iloc", u16(0x4400), u16(1), u16(1), u16(0), u16(1), u32(dataAt), u32(data.length)),
        full("iinf", u16(1), box("infe", u32(0x0200_0000), u16(1), u16(0), text("av01"), u8(0))),
        box("iprp", box("ipco", ...all), full("ipma", u32(1), u16(1), u8(all.length), ...associations)),
      ),
      u32(data.length + 8),
      text("mdat"),
    ]);
  const dataAt = head(0).length;
  return Buffer.concat([head(dataAt), data]);
}

function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([u32(body.length + 8), text(type), body]);
}

/** A box with a version and flags, all 0. */
function full(type: string, ...content: Buffer[]): Buffer {
  return box(type, u32(0), ...content);
}

const text = (value: string) => Buffer.from(value, "latin1");
const u8 = (value: number) => Buffer.from([value]);

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
