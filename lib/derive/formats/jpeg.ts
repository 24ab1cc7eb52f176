import { type Bytes, bytesOf, withFileBytes } from "../bytes/bytes";
import { isJpegDamage, readJpegHeader, uncommonJpeg } from "../jpeg/header";
import { lastScans } from "../jpeg/scans";
import { Damaged, undecodable } from "../raster/unreadable";
import { type CommonOptions, showDamaged, showSound } from "./common";
import type { Shown } from "./shown";

const options = (longest: number): CommonOptions => ({
  name: "JPEG",
  longest,
  // Coefficients of a progressive JPEG are kept until the last scan.
  memory: ({ isProgressive }) => (isProgressive ? "buffered" : "shrunk"),
  isDamage: isJpegDamage,
});

/** Shows a sound JPEG, a file or one that is embedded in another. */
export function showJpeg(input: string | Buffer, longest: number): Promise<Shown> {
  return showSound(input, options(longest));
}

/** Shows what can be read of a damaged JPEG. */
export async function repairJpeg(input: string | Buffer, longest: number): Promise<Shown> {
  try {
    return await showDamaged(input, options(longest));
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    const { header, shortened } = await read(input, (bytes) => ({
      header: readJpegHeader(bytes),
      shortened: lastScans(bytes),
    }));
    const feature = header && uncommonJpeg(header);
    if (feature) throw undecodable("JPEG", feature);
    return (await firstShown(shortened, options(longest))) ?? rethrow(error);
  }
}

function read<T>(input: string | Buffer, use: (bytes: Bytes) => T): T | Promise<T> {
  return typeof input === "string" ? withFileBytes(input, use) : use(bytesOf(input));
}

async function firstShown(jpegs: Iterable<Buffer>, options: CommonOptions): Promise<Shown | null> {
  for (const jpeg of jpegs) {
    try {
      return await showDamaged(jpeg, options);
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
    }
  }
  return null;
}

function rethrow(error: Error): never {
  throw error;
}
