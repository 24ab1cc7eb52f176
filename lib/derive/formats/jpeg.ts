import { bytesOf, withFileBytes } from "../bytes/bytes";
import { isJpegDamage, readJpegHeader, uncommonJpeg } from "../jpeg/header";
import { Unreadable, undecodable } from "../raster/unreadable";
import { showCommon } from "./common";
import type { Shown } from "./shown";

/** Shows a JPEG, a file or one that is embedded in another. */
export async function showJpeg(input: string | Buffer, longest: number): Promise<Shown> {
  try {
    return await showCommon(input, {
      name: "JPEG",
      longest,
      // Coefficients of a progressive JPEG are kept until the last scan.
      memory: ({ isProgressive }) => (isProgressive ? "buffered" : "shrunk"),
      isDamage: isJpegDamage,
    });
  } catch (error) {
    const feature = error instanceof Unreadable ? await uncommonFeature(input) : null;
    throw feature ? undecodable("JPEG", feature) : error;
  }
}

async function uncommonFeature(input: string | Buffer): Promise<string | null> {
  const header =
    typeof input === "string" ? await withFileBytes(input, readJpegHeader) : readJpegHeader(bytesOf(input));
  return header && uncommonJpeg(header);
}
