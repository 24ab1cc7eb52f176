import { constants, copyFile, open, rm } from "node:fs/promises";
import { bytesOf, withFileBytes } from "../bytes/bytes";
import { brandsOf } from "../heif/boxes";
import { firstFrame } from "../heif/first-frame";
import { hasPrimaryItem, readHeifColour } from "../heif/picture";
import { undecodable } from "../raster/unreadable";
import { showCommon } from "./common";
import type { Shown } from "./shown";

const name = "AVIF";
const memory = () => "whole" as const;

export async function showAvif(filePath: string, longest: number): Promise<Shown> {
  const { isSequence, hasStill, colour } = await withFileBytes(filePath, (bytes) => ({
    isSequence: brandsOf(bytes)[0] === "avis",
    hasStill: hasPrimaryItem(bytes),
    colour: readHeifColour(bytes),
  }));
  if (!isSequence) return showCommon(filePath, { name, longest, memory, ...colour });
  if (hasStill) return withStillBrand(filePath, (still) => showCommon(still, { name, longest, memory, ...colour }));
  const frame = await withFileBytes(filePath, firstFrame);
  if (!frame) throw undecodable(name, "animated AVIF without a still picture");
  return showCommon(frame, { name, longest, memory, ...readHeifColour(bytesOf(frame)) });
}

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
