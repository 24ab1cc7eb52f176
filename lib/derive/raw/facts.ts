import { type Bytes, partOf } from "../bytes/bytes";
import { findBox, readBoxes } from "../heif/boxes";
import { isPictureSize } from "../raster/pixel-limit";
import type { Ifd } from "../tiff/ifd";
import { tag } from "../tiff/tags";
import { allIfds } from "../tiff/walk";
import { isOfSensor } from "./kind";

/** What a raw file says of its picture: its size, as stored, and how it is turned to be upright. */
export type RawFacts = { size: { width: number; height: number } | null; orientation: number };

const exifWidth = 40_962;
const exifHeight = 40_963;
const dngCropSize = 50_720;
/** Panasonic's tags: top, left, bottom and right of the picture on the sensor. */
const sensorBorders = [4, 5, 6, 7] as const;

export function rawFacts(bytes: Bytes): RawFacts {
  const ifds = allIfds(tiffOf(bytes));
  const [first] = ifds;
  const size = firstSize([
    ...ifds.map((ifd) => ifd.numbers(dngCropSize, 2)),
    ...ifds.map((ifd) => [ifd.number(exifWidth), ifd.number(exifHeight)]),
    bordersOf(first),
    ...ifds.filter(isOfSensor).map((ifd) => [ifd.number(tag.width), ifd.number(tag.height)]),
    [first?.number(tag.width), first?.number(tag.height)],
  ]);
  return { size, orientation: first?.number(tag.orientation) ?? 1 };
}

/** Tags hold any number, and fractions without a denominator. */
function firstSize(candidates: (number | undefined)[][]): RawFacts["size"] {
  for (const numbers of candidates) {
    const [width = 0, height = 0] = numbers.map((number) => Math.round(number ?? 0));
    if (isPictureSize(width, height)) return { width, height };
  }
  return null;
}

function bordersOf(ifd: Ifd | undefined): (number | undefined)[] {
  const [top, left, bottom, right] = sensorBorders.map((border) => ifd?.number(border));
  if (top === undefined || left === undefined || bottom === undefined || right === undefined) return [];
  return [right - left, bottom - top];
}

/** Canon's CR3 files are no TIFF, but hold one with the tags. */
function tiffOf(bytes: Bytes): Bytes {
  const movie = findBox(bytes, "moov");
  for (const { type, content } of movie ? readBoxes(movie) : []) {
    const tags = type === "uuid" ? findBox(partOf(content, 16), "CMT1") : null;
    if (tags) return tags;
  }
  return bytes;
}
