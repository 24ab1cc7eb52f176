import { type Bytes, partOf } from "../bytes/bytes";
import { isCommonJpeg, readJpegHeader } from "../jpeg/header";
import type { Ifd } from "./ifd";
import type { TiffLayout } from "./layout";
import { tag } from "./tags";

const maxJpegBytes = 64 * 1024 * 1024;

/**
 * Returns where the JPEG lies that holds the picture of an old-style JPEG in TIFF (TIFF 6.0, section 22); null where the picture is
 * in pieces that share tables, which decoders have given up. Only one of the picture's size is taken: some are thumbnails.
 */
export function jpegAt(bytes: Bytes, ifd: Ifd, layout: TiffLayout): { at: number; length: number } | null {
  const [strip, ...more] = ifd.numbers(layout.block.isTile ? tag.tileOffsets : tag.stripOffsets, 2);
  if (more.length > 0) return null;
  for (const at of [ifd.number(tag.jpegOffset), strip]) {
    if (!at) continue;
    const header = readJpegHeader(partOf(bytes, at));
    if (!header || !isCommonJpeg(header)) continue;
    if (header.width !== layout.width || header.height !== layout.height) continue;
    // The length is often wrong. A decoder stops at the end of the JPEG.
    return { at, length: Math.min(bytes.size - at, maxJpegBytes) };
  }
  return null;
}

/** Returns the JPEG that holds the picture; null as `jpegAt`. */
export function wholeJpeg(bytes: Bytes, ifd: Ifd, layout: TiffLayout): Buffer | null {
  const found = jpegAt(bytes, ifd, layout);
  return found && bytes.read(found.at, found.length);
}
