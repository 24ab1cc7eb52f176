import type { Bytes } from "../bytes/bytes";
import { brandsOf } from "../heif/boxes";
import { type Ifd, readTiffHeader } from "../tiff/ifd";
import { photometric, tag } from "../tiff/tags";
import { allIfds } from "../tiff/walk";

/** Beginnings of raw files that are no TIFF files. */
const signatures: [contentType: string, start: string][] = [
  ["image/x-fujifilm-raf", "FUJIFILMCCD-RAW"],
  ["image/x-canon-crw", "II\x1a\0\0\0HEAPCCDR"],
  ["image/x-sigma-x3f", "FOVb"],
  ["image/x-minolta-mrw", "\0MRM"],
];

/** Raw files in the clothing of TIFF, by who made the camera. */
const makers: [contentType: string, make: RegExp][] = [
  ["image/x-nikon-nef", /^nikon/i],
  ["image/x-canon-cr2", /^canon/i],
  ["image/x-sony-arw", /^sony/i],
  ["image/x-olympus-orf", /^(olympus|om digital)/i],
  ["image/x-panasonic-rw2", /^panasonic/i],
  ["image/x-leica-rwl", /^leica/i],
  ["image/x-pentax-pef", /^(pentax|ricoh|asahi)/i],
  ["image/x-samsung-srw", /^samsung/i],
  ["image/x-hasselblad-3fr", /^hasselblad/i],
  ["image/x-phaseone-iiq", /^(phase one|leaf)/i],
  ["image/x-kodak-dcr", /^(eastman )?kodak/i],
  ["image/x-epson-erf", /^(seiko )?epson/i],
  ["image/x-mamiya-mef", /^mamiya/i],
  ["image/x-minolta-mrw", /^(konica )?minolta/i],
];
const otherMaker = "image/x-dcraw";

/** Types of raw files: the data of a camera's sensor, with a preview. */
export const rawTypes: readonly string[] = [
  ...["image/x-adobe-dng", "image/x-canon-cr3", otherMaker],
  ...[...signatures, ...makers].map(([contentType]) => contentType),
];

const dngVersion = 50_706;
/** In place of 42, in the headers of Olympus and of Panasonic. */
const magics: Record<number, string> = {
  21330: "image/x-olympus-orf",
  20306: "image/x-olympus-orf",
  85: "image/x-panasonic-rw2",
};
/** Compressions of sensor data by Nikon, Sony, Samsung, Pentax and Kodak. */
const sensorCompressions = [34_713, 32_767, 32_769, 32_770, 65_535, 65_000, 262];

/** Returns the type of a raw file by what it contains; null for other files. */
export function rawTypeOf(bytes: Bytes): string | null {
  const start = bytes.read(0, 16).toString("latin1");
  const known = signatures.find(([, signature]) => start.startsWith(signature));
  if (known) return known[0];
  if (brandsOf(bytes)[0] === "crx ") return "image/x-canon-cr3";
  const header = readTiffHeader(bytes);
  if (!header) return null;
  const byMagic = magics[header.magic];
  if (byMagic) return byMagic;
  if (header.magic !== 42 && header.magic !== 43) return null;
  if (start.slice(8, 10) === "CR") return "image/x-canon-cr2";
  const ifds = allIfds(bytes);
  if (ifds.some((ifd) => ifd.has(dngVersion))) return "image/x-adobe-dng";
  if (!ifds.some(isOfSensor)) return null;
  const make = ifds.map((ifd) => ifd.text(tag.make)).find((text) => text) ?? "";
  return makers.find(([, pattern]) => pattern.test(make))?.[0] ?? otherMaker;
}

/** Tells whether a directory describes data of a sensor. */
export function isOfSensor(ifd: Ifd): boolean {
  const meaning = ifd.number(tag.photometric);
  if (meaning === photometric.colourFilterArray || meaning === photometric.linearRaw) return true;
  return sensorCompressions.includes(ifd.number(tag.compression) ?? 0) && ifd.has(tag.width);
}
