import { deflateSync } from "node:zlib";
import { pngChunk } from "../pictures";

/** Puts blocks of metadata into files: each format as far as a reader of metadata looks at it. */

export function jpeg(...segments: Buffer[]): Buffer {
  const scan = Buffer.from("ffda0008010100003f00ffd9", "hex");
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...segments, scan]);
}

export function segment(marker: number, ...parts: (Buffer | string)[]): Buffer {
  const data = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
  const header = Buffer.from([0xff, marker, 0, 0]);
  header.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([header, data]);
}

const [app1, app13] = [0xe1, 0xed];
export const exifSegment = (tiff: Buffer) => segment(app1, "Exif\0\0", tiff);
export const xmpSegment = (packet: Buffer) => segment(app1, "http://ns.adobe.com/xap/1.0/\0", packet);
export const photoshopSegment = (resources: Buffer) => segment(app13, "Photoshop 3.0\0", resources);

/** Cuts a packet into segments of so many bytes. */
export function extendedXmpSegments(packet: Buffer, partBytes: number): Buffer[] {
  return Array.from({ length: Math.ceil(packet.length / partBytes) }, (_, n) => {
    const place = Buffer.alloc(8);
    place.writeUInt32BE(packet.length);
    place.writeUInt32BE(n * partBytes, 4);
    const part = packet.subarray(n * partBytes, (n + 1) * partBytes);
    return segment(app1, "http://ns.adobe.com/xmp/extension/\0", "0123456789ABCDEF".repeat(2), place, part);
  });
}

export function png({ before = [], after = [] }: { before?: Buffer[]; after?: Buffer[] }): Buffer {
  const header = Buffer.from("0000000100000001080000000000", "hex").subarray(0, 13);
  const pixel = pngChunk("IDAT", deflateSync(Buffer.from([0, 128])));
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  return Buffer.concat([signature, pngChunk("IHDR", header), ...before, pixel, pixel, ...after, pngChunk("IEND")]);
}

export type TextType = "tEXt" | "zTXt" | "iTXt" | "iTXt deflated";

export function textChunk(type: TextType, keyword: string, text: Buffer): Buffer {
  const isDeflated = type === "zTXt" || type === "iTXt deflated";
  const fields = { tEXt: "", zTXt: "\0", iTXt: "\0\0en\0\0", "iTXt deflated": "\x01\0\0translated\0" }[type];
  const data = isDeflated ? deflateSync(text) : text;
  return pngChunk(type.slice(0, 4), Buffer.concat([Buffer.from(`${keyword}\0${fields}`, "latin1"), data]));
}

/** A profile as ImageMagick writes it into PNG: hexadecimal, 72 digits a line. */
export function rawProfile(type: TextType, name: string, profile: Buffer): Buffer {
  const lines = profile.toString("hex").match(/.{1,72}/g) ?? [];
  const text = `\n${name.toLowerCase()}\n${String(profile.length).padStart(8)}\n${lines.join("\n")}\n`;
  return textChunk(type, `Raw profile type ${name}`, Buffer.from(text, "latin1"));
}

export function webp(...chunks: [type: string, data: Buffer][]): Buffer {
  const parts = [["VP8L", Buffer.from("2f0000000010")] as const, ...chunks].map(([type, data]) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(data.length);
    return Buffer.concat([Buffer.from(type, "latin1"), size, data, Buffer.alloc(data.length % 2)]);
  });
  const body = Buffer.concat([Buffer.from("WEBP", "latin1"), ...parts]);
  const header = Buffer.from("RIFF\0\0\0\0", "latin1");
  header.writeUInt32LE(body.length, 4);
  return Buffer.concat([header, body]);
}

export function box(type: string, ...parts: (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
  return Buffer.concat([uint(4, content.length + 8), Buffer.from(type, "latin1"), content]);
}

export function uint(length: number, value: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (length > 0) bytes.writeUIntBE(value, Math.max(0, length - 6), Math.min(length, 6));
  return bytes;
}

export type HeifOptions = {
  brand?: string;
  exif?: Buffer;
  xmp?: Buffer;
  /** Where the items lie: in the file, in the box `idat`, or in the file in two extents each. */
  place?: "file" | "idat" | "extents";
  /** Of the box `iloc`. */
  version?: 0 | 1 | 2;
};

/** A HEIC or AVIF of which only the description is right: it has no picture. */
export function heif({ brand = "heic", exif, xmp, place = "file", version = 1 }: HeifOptions): Buffer {
  const items = [
    ...(exif
      ? [{ type: "Exif", name: "\0", content: Buffer.concat([uint(4, 6), Buffer.from("Exif\0\0"), exif]) }]
      : []),
    ...(xmp ? [{ type: "mime", name: "XMP\0application/rdf+xml\0", content: xmp }] : []),
  ];
  const infos = items.map(({ type, name }, n) =>
    box("infe", uint(1, 2), uint(3, 0), uint(2, n + 1), uint(2, 0), type, name),
  );
  const iinf = box("iinf", uint(4, 0), uint(2, infos.length), ...infos);
  const data = Buffer.concat(items.map(({ content }) => content));
  const idat = place === "idat" && version > 0 ? [box("idat", data)] : [];
  const ftyp = box("ftyp", brand, uint(4, 0), "mif1");
  const meta = (start: number) =>
    box(
      "meta",
      uint(4, 0),
      box("hdlr", uint(8, 0), "pict", uint(13, 0)),
      iinf,
      iloc(items, { start, place, version }),
      ...idat,
    );
  const start = ftyp.length + meta(0).length + 8;
  return Buffer.concat([ftyp, meta(idat.length > 0 ? 0 : start), box("mdat", data)]);
}

type Place = { start: number; place: "file" | "idat" | "extents"; version: 0 | 1 | 2 };

function iloc(items: { content: Buffer }[], { start, place, version }: Place): Buffer {
  let offset = start;
  const idBytes = version < 2 ? 2 : 4;
  const rows = items.map(({ content }, n) => {
    const halves = [Math.floor(content.length / 2), Math.ceil(content.length / 2)];
    const extents = (place === "extents" ? halves : [content.length]).map((length) => {
      offset += length;
      return Buffer.concat([uint(4, offset - length), uint(4, length)]);
    });
    const method = version === 0 ? [] : [uint(2, place === "idat" ? 1 : 0)];
    return Buffer.concat([uint(idBytes, n + 1), ...method, uint(2, 0), uint(2, extents.length), ...extents]);
  });
  return box("iloc", uint(1, version), uint(3, 0), Buffer.from([0x44, 0]), uint(idBytes, items.length), ...rows);
}

/** Canon's raw format CR3. */
export function cr3(directories: Record<"CMT1" | "CMT2" | "CMT4", Buffer>): Buffer {
  const boxes = Object.entries(directories).map(([type, directory]) => box(type, directory));
  const uuid = box(
    "uuid",
    Buffer.from("85c0b687820f11e08111f4ce462b6a48", "hex"),
    box("CNCV", "CanonCR3_001"),
    ...boxes,
  );
  return Buffer.concat([box("ftyp", "crx ", uint(4, 1), "crx isom"), box("moov", uuid), box("mdat", Buffer.alloc(64))]);
}

/** Fuji's raw format: a header that says where its JPEG is. */
export function raf(jpegFile: Buffer): Buffer {
  const header = Buffer.alloc(160);
  header.write("FUJIFILMCCD-RAW 0201FF129502X-T30", "latin1");
  header.writeUInt32BE(header.length, 84);
  header.writeUInt32BE(jpegFile.length, 88);
  return Buffer.concat([header, jpegFile, Buffer.alloc(64)]);
}
