import { type Bytes, partOf } from "../bytes/bytes";
import { isCommonJpeg, readJpegHeader } from "../jpeg/header";
import type { Ifd } from "./ifd";
import type { TiffLayout } from "./layout";
import { tag } from "./tags";

const maxJpegBytes = 64 * 1024 * 1024;

/**
 * Returns the JPEG that holds the picture of an old-style JPEG in TIFF (TIFF 6.0, section 22); null where the picture is in
 * pieces that share tables, which decoders have given up. Only one of the picture's size is taken: some are thumbnails.
 */
export function wholeJpeg(bytes: Bytes, ifd: Ifd, layout: TiffLayout): Buffer | null {
  if (layout.offsets.length > 1) return null;
  for (const at of [ifd.number(tag.jpegOffset), layout.offsets[0]]) {
    if (!at) continue;
    const header = readJpegHeader(partOf(bytes, at));
    if (!header || !isCommonJpeg(header)) continue;
    if (header.width !== layout.width || header.height !== layout.height) continue;
    // The length is often wrong. A decoder stops at the end of the JPEG.
    return bytes.read(at, Math.min(bytes.size - at, maxJpegBytes));
  }
  return null;
}
