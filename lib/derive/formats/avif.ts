import { constants, copyFile, open, rm } from "node:fs/promises";
import { bytesOf, withFileBytes } from "../bytes/bytes";
import { brandsOf } from "../heif/boxes";
import { firstFrame } from "../heif/first-frame";
import { hasPrimaryItem, readHeifColour } from "../heif/picture";
import { undecodable } from "../raster/unreadable";
import { showDamaged, showSound } from "./common";
import type { Shown } from "./shown";

const name = "AVIF";
const memory = () => "whole" as const;

/** Shows an AVIF or HEIC with `showSound`, or a damaged one with `showDamaged`. */
const showWith =
  (decode: typeof showSound): ((filePath: string, longest: number) => Promise<Shown>) =>
  async (filePath, longest) => {
    const { isSequence, hasStill, colour } = await withFileBytes(filePath, (bytes) => ({
      isSequence: brandsOf(bytes)[0] === "avis",
      hasStill: hasPrimaryItem(bytes),
      colour: readHeifColour(bytes),
    }));
    const options = { name, longest, memory, ...colour };
    if (!isSequence) return decode(filePath, options);
    if (hasStill) return withStillBrand(filePath, (still) => decode(still, options));
    const frame = await withFileBytes(filePath, firstFrame);
    if (!frame) throw undecodable(name, "animated AVIF without a still picture");
    return decode(frame, { ...options, ...readHeifColour(bytesOf(frame)) });
  };

export const showAvif = showWith(showSound);
export const repairAvif = showWith(showDamaged);

/** libvips refuses files that call themselves a sequence, though their still picture can be read. Uses a copy that does not. */
async function withStillBrand<T>(filePath: string, use: (still: string) => Promise<T>): Promise<T> {
  const still = `${filePath}.still`;
  try {
    await copyFile(filePath, still, constants.COPYFILE_FICLONE);
    const file = await open(still, "r+");
    try {
      await file.write("avif", 8, "latin1");
    } finally {
      await file.close();
    }
    return await use(still);
  } finally {
    await rm(still, { force: true });
  }
}
