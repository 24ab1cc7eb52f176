import { type Blocks, maxBlockBytes } from "./blocks";
import { type ByteSource, bytesSource } from "./byte-source";
import { findInMeta } from "./heif";
import { type Box, boxesIn } from "./iso-boxes";
import { JpegXlBoxes } from "./jpeg-xl";

const xmpUuid = "be7acfcb97a942e89c71999491e3afac";
const canonUuid = "85c0b687820f11e08111f4ce462b6a48";
/** Canon's raw format CR3 keeps the directories of EXIF each in a box of its own. */
const canonDirectories = new Set(["CMT1", "CMT2", "CMT4"]);

/** Finds the blocks of a file made of boxes: HEIC, AVIF, JPEG XL, CR3. */
export function findInIsoMedia(source: ByteSource, blocks: Blocks): void {
  const jpegXl = new JpegXlBoxes(blocks);
  let isDescribed = false;
  for (const box of boxesIn(source, 0, source.sizeBytes)) {
    if (box.type === "meta") findInMeta(source, box, blocks);
    else if (box.type === "moov") findInMovie(source, box, blocks);
    else if (box.type === "uuid") findInUuid(source, box, blocks);
    else if (jpegXl.wants(box.type, sizeOf(box))) jpegXl.add(box.type, contentOf(source, box));
    isDescribed ||= box.type === "meta" || box.type === "moov";
    if (box.end > source.sizeBytes && !isDescribed) source.read(box.end - 1, 1); // Throws: the file is cut off.
  }
}

function findInMovie(source: ByteSource, movie: Box, blocks: Blocks): void {
  for (const box of boxesIn(source, movie.start, movie.end)) {
    if (box.type === "uuid") findInUuid(source, box, blocks);
  }
}

function findInUuid(source: ByteSource, box: Box, blocks: Blocks): void {
  const uuidBytes = 16;
  if (sizeOf(box) < uuidBytes) return;
  const uuid = source.read(box.start, uuidBytes).toString("hex");
  const content = { ...box, start: box.start + uuidBytes };
  if (uuid === xmpUuid && sizeOf(content) <= maxBlockBytes.xmp) blocks.addXmp(contentOf(source, content));
  if (uuid !== canonUuid) return;
  for (const directory of boxesIn(source, content.start, content.end)) {
    if (canonDirectories.has(directory.type) && sizeOf(directory) <= maxBlockBytes.exif) {
      blocks.addTiff(bytesSource(contentOf(source, directory)));
    }
  }
}

function sizeOf({ start, end }: Box): number {
  return end - start;
}

function contentOf(source: ByteSource, box: Box): Buffer {
  return source.read(box.start, sizeOf(box));
}
