import { type Blocks, maxBlockBytes } from "./blocks";
import type { ByteSource } from "./byte-source";

/** "RIFF", the length of the rest, "WEBP". */
const signatureBytes = 12;

/** Finds the blocks of a WebP: its chunks EXIF and "XMP ", after the picture data. */
export function findInWebp(source: ByteSource, blocks: Blocks): void {
  let position = signatureBytes;
  while (position + 8 <= source.sizeBytes) {
    const header = source.read(position, 8);
    const type = header.toString("latin1", 0, 4);
    const length = header.readUInt32LE(4);
    if (type === "EXIF" && length <= maxBlockBytes.exif) blocks.addExif(source.read(position + 8, length));
    // Some programs end the name with a zero.
    if (type.startsWith("XMP") && length <= maxBlockBytes.xmp) blocks.addXmp(source.read(position + 8, length));
    position += 8 + length + (length % 2);
  }
  const riffBytes = source.read(4, 4).readUInt32LE() + 8;
  if (riffBytes > source.sizeBytes) source.read(source.sizeBytes, 1); // Throws: the file is cut off.
}
