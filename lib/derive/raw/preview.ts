import { type Bytes, partOf } from "../bytes/bytes";
import { isCommonJpeg, type JpegHeader, readJpegHeader } from "../jpeg/header";
import { tag } from "../tiff/tags";
import { allIfds } from "../tiff/walk";

export type Preview = { at: number; width: number; height: number };

/** Smaller ones are for the camera's own screen. */
const leastSide = 640;
const jpegFromRaw = 46; // Panasonic's tag.

/** A preview is read as a whole. */
export const maxPreviewBytes = 32 * 1024 * 1024;
/** Tried one after another where the largest is damaged. */
const mostTries = 3;
/** A thumbnail of this size would not show more than the type's name. */
const leastShown = 320;

/** Returns the previews that are worth showing, in the order in which they are tried: the largest first. */
export function previewsToTry(bytes: Bytes): Preview[] {
  return findPreviews(bytes)
    .filter(({ width, height }) => Math.max(width, height) >= leastShown)
    .slice(0, mostTries);
}

/** Returns the JPEGs in a raw file that show its picture, the largest first. */
function findPreviews(bytes: Bytes): Preview[] {
  const listed = previewsAt(bytes, listedOffsets(bytes));
  const isEnough = listed.some(({ width, height }) => Math.max(width, height) >= leastSide);
  // Many makers keep them where only their own software looks.
  return isEnough ? listed : previewsAt(bytes, scannedOffsets(bytes));
}

function previewsAt(bytes: Bytes, offsets: number[]): Preview[] {
  return offsets
    .flatMap((at) => {
      const header = readJpegHeader(partOf(bytes, at));
      return header && isPicture(header) ? { at, width: header.width, height: header.height } : [];
    })
    .sort((a, b) => b.width * b.height - a.width * a.height);
}

/** The data of some sensors are lossless JPEG, of one or two components. */
function isPicture(header: JpegHeader): boolean {
  return isCommonJpeg(header) && [1, 3].includes(header.components) && header.width > 0 && header.height > 0;
}

function listedOffsets(bytes: Bytes): number[] {
  return allIfds(bytes).flatMap((ifd) => {
    const strips = ifd.numbers(tag.stripOffsets, 2);
    const panasonic = ifd.extent(jpegFromRaw);
    return [
      ...ifd.numbers(tag.jpegOffset, 1),
      // A JPEG in several strips would need its tables added to each.
      ...(strips.length === 1 ? strips : []),
      ...(panasonic && panasonic.length > leastSide ? [panasonic.at] : []),
    ];
  });
}

const windowBytes = 4 * 1024 * 1024;
const maxFound = 200;
const start = Buffer.from([0xff, 0xd8, 0xff]);

function scannedOffsets(bytes: Bytes): number[] {
  const found: number[] = [];
  for (let at = 0; at < bytes.size && found.length < maxFound; at += windowBytes) {
    const window = bytes.read(at, windowBytes + start.length - 1);
    for (let i = window.indexOf(start); i >= 0 && found.length < maxFound; i = window.indexOf(start, i + 1)) {
      found.push(at + i);
    }
  }
  return found;
}
