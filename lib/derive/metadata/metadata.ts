import { readEmbedded, readExif } from "./exif";
import { Blocks, startsWith } from "./find/blocks";
import { type ByteSource, FileSource, UnreadableError } from "./find/byte-source";
import { findInIsoMedia } from "./find/iso-media";
import { findInJpeg } from "./find/jpeg";
import { addPhotoshop } from "./find/photoshop";
import { findInPng } from "./find/png";
import { findInFuji, findInTiff, startsTiff } from "./find/tiff";
import { findInWebp } from "./find/webp";
import { readIptc } from "./iptc";
import { positionOf } from "./position";
import { takenOf } from "./taken";
import { readXmp } from "./xmp";

/** When and where a picture was taken, as its file says. */
type Metadata = {
  /** The instant; where the offset is unknown, the camera's wall clock read as UTC. */
  takenAt: Date | null;
  /** Of the camera's clock from UTC; null when the file does not say. */
  takenOffsetMinutes: number | null;
  latitude: number | null;
  longitude: number | null;
};

const noMetadata: Metadata = { takenAt: null, takenOffsetMinutes: null, latitude: null, longitude: null };

/** `isCutOff`: the file ends before what was looked for, so a longer part of it may say more. */
export type MetadataReading = Metadata & { isCutOff: boolean };

/**
 * Reads date and position from the few bytes of a file that hold them, whatever its name says. Does not decode the picture. The
 * work is bounded for any input; damaged metadata counts as absent.
 */
export function readMetadata(filePath: string, now = new Date()): MetadataReading {
  const file = new FileSource(filePath);
  try {
    const { exif, xmp, iptc } = blocksOf(file);
    const facts = { exif: exif.map(readExif), xmp: xmp.map(readXmp), iptc: iptc.map(readIptc) };
    return { ...noMetadata, ...takenOf(facts, now), ...positionOf(facts), isCutOff: file.isCutOff };
  } finally {
    file.close();
  }
}

/** Finds the blocks of a file. Those before a damaged or missing part are kept. */
function blocksOf(file: ByteSource): Blocks {
  const blocks = new Blocks();
  try {
    find(file, blocks);
  } catch (error) {
    // Buffer throws RangeError, for offsets that damaged files make up.
    if (!(error instanceof UnreadableError || error instanceof RangeError)) throw error;
  }
  return blocks;
}

function find(file: ByteSource, blocks: Blocks): void {
  const head = file.read(0, Math.min(file.sizeBytes, 16));
  if (startsWith(head, "\xff\xd8\xff")) findInJpeg(file, blocks);
  else if (startsWith(head, "\x89PNG\r\n\x1a\n")) findInPng(file, blocks);
  else if (startsWith(head, "RIFF") && startsWith(head.subarray(8), "WEBP")) findInWebp(file, blocks);
  else if (startsWith(head, "FUJIFILM")) findInFuji(file, blocks);
  else if (startsWith(head.subarray(4), "ftyp") || startsWith(head.subarray(4), "JXL ")) findInIsoMedia(file, blocks);
  else if (startsTiff(head)) {
    findInTiff(file, blocks);
    for (const tiff of blocks.exif) {
      const { xmp, iptc, photoshop } = readEmbedded(tiff);
      blocks.addXmp(xmp);
      blocks.addIptc(iptc);
      addPhotoshop(photoshop, blocks);
    }
  }
}
