import { readMetadata } from "@/lib/derive/metadata/metadata";
import { exifSegment, jpeg } from "@/tests/support/metadata/containers";
import { type TiffOptions, tiff } from "@/tests/support/metadata/tiff";
import { fileWriter } from "../support";

/** Returns a function that writes bytes to a file and reads its metadata, the time as text. */
export function metadataReader() {
  const write = fileWriter();
  return async (bytes: Buffer, now?: string) => {
    const { takenAt, ...rest } = readMetadata(await write(bytes), ...(now ? [new Date(now)] : []));
    return { takenAt: takenAt?.toISOString() ?? null, ...rest };
  };
}

/** A JPEG with this EXIF and these other segments. */
export function jpegWithExif(exif: TiffOptions, ...segments: Buffer[]): Buffer {
  return jpeg(exifSegment(tiff(exif)), ...segments);
}
