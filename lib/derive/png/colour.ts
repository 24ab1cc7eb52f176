import { crc32 } from "node:zlib";
import type { Bytes } from "../bytes/bytes";
import { type ColourSpace, type Primaries, spaceOfCodes, srgbPrimaries } from "../colour/space";

export type PngColour = {
  /** Null: sRGB, or what an embedded profile says. */
  space: ColourSpace | null;
  /** The code points win over a profile. */
  ignoresProfile: boolean;
};

const signatureBytes = 8;
const maxChunks = 10_000;
/** Chunks that matter here are smaller; a profile is only noticed. */
const maxChunkBytes = 64;

/** Reads how a PNG's values are meant: by code points, else a profile, else "this is sRGB", else gamma and chromaticities. */
export function readPngColour(bytes: Bytes): PngColour {
  const chunks = readChunks(bytes);
  const coded = ofCodePoints(chunks);
  if (coded !== undefined) return { space: coded, ignoresProfile: true };
  const isNamed = chunks.has("iCCP") || chunks.has("sRGB");
  return { space: isNamed ? null : ofGamma(chunks), ignoresProfile: false };
}

/** Returns the beginnings of the first chunks of each type before the pixels. Damaged chunks are left out, as decoders do. */
function readChunks(bytes: Bytes): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>();
  let at = signatureBytes;
  for (let count = 0; count < maxChunks && at + 12 <= bytes.size; count++) {
    const head = bytes.read(at, 8);
    const length = head.readUInt32BE(0);
    const type = head.toString("latin1", 4);
    if (type === "IDAT" || type === "IEND") break;
    const chunk = bytes.read(at + 4, Math.min(length, maxChunkBytes) + 4 + 4);
    const isWhole = length <= maxChunkBytes && chunk.length === length + 8;
    const isSound = !isWhole || crc32(chunk.subarray(0, length + 4)) === chunk.readUInt32BE(length + 4);
    if (isSound && !chunks.has(type)) chunks.set(type, chunk.subarray(4, isWhole ? length + 4 : undefined));
    at += length + 12;
  }
  return chunks;
}

/** PNG, third edition, 11.3.2.6: primaries, transfer, matrix and range. Undefined where they say nothing. */
function ofCodePoints(chunks: Map<string, Buffer>): ColourSpace | null | undefined {
  const codes = chunks.get("cICP");
  if (codes?.length !== 4) return undefined;
  const light = chunks.get("cLLI");
  // The most light of a pixel, in ten-thousandths of a candela per square metre.
  const peakNits = light?.length === 8 ? light.readUInt32BE(0) / 10_000 : 0;
  const [primaries = 0, transfer = 0] = codes;
  const space = spaceOfCodes(primaries, transfer, peakNits);
  return space === null && !(primaries === 1 && transfer === 13) ? undefined : space;
}

function ofGamma(chunks: Map<string, Buffer>): ColourSpace | null {
  const gamma = chunks.get("gAMA");
  const value = gamma?.length === 4 ? gamma.readUInt32BE(0) / 100_000 : 0;
  if (value === 0) return null;
  const chromaticities = chunks.get("cHRM");
  if (chromaticities?.length !== 32) {
    // Writers of sRGB pictures note their gamma as 1 / 2.2, which is near the curve of sRGB.
    return Math.abs(value - 1 / 2.2) < 0.001 ? null : { primaries: srgbPrimaries, transfer: 1 / value };
  }
  const [wx = 0, wy = 0, ...rgb] = Array.from({ length: 8 }, (_, i) => chromaticities.readUInt32BE(i * 4) / 100_000);
  return { primaries: [...rgb, wx, wy] as unknown as Primaries, transfer: 1 / value };
}
