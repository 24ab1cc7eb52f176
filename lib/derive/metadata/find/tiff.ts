import type { Blocks } from "./blocks";
import { type ByteSource, partSource } from "./byte-source";
import { findInJpeg } from "./jpeg";

/** Raw formats that are TIFF but for the number after the byte order: Olympus (three), Panasonic. */
const rawStarts = ["IIRO", "IIRS", "MMOR", "IIU\0"];

/** Tells whether the bytes begin a TIFF file, or a raw file of the same structure. */
export function startsTiff(head: Buffer): boolean {
  const start = head.toString("latin1", 0, 4);
  return start === "II*\0" || start === "MM\0*" || rawStarts.includes(start);
}

/** Adds a TIFF or raw file. Its number is read as TIFF's own, as ExifReader knows no other. */
export function findInTiff(source: ByteSource, blocks: Blocks): void {
  const header = Buffer.from(source.read(0, 8));
  header.write(header[0] === 0x49 ? "II*\0" : "MM\0*", "latin1");
  blocks.addTiff({
    sizeBytes: source.sizeBytes,
    read: (position, length) => {
      const bytes = source.read(position, length);
      return position < header.length ? overlay(bytes, header.subarray(position)) : bytes;
    },
  });
}

function overlay(bytes: Buffer, over: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  over.copy(changed);
  return changed;
}

const fujiJpegAt = 84;

/** Fuji's raw format has its EXIF in a JPEG, whose place and length stand in its header. */
export function findInFuji(source: ByteSource, blocks: Blocks): void {
  const place = source.read(fujiJpegAt, 8);
  findInJpeg(partSource(source, place.readUInt32BE(), place.readUInt32BE(4)), blocks);
}
