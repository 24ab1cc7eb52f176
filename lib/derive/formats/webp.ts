import { copyFile, open, rm, stat } from "node:fs/promises";
import { withFileBytes } from "../bytes/bytes";
import { clearRowsFrom, isBlank } from "../raster/missing-rows";
import type { Raster } from "../raster/raster";
import { damaged, partlyDamaged } from "../raster/unreadable";
import { showCommon, showSound } from "./common";
import type { Shown } from "./shown";

const name = "WebP";
/** The most that is filled up where a file was cut. */
const maxMissingBytes = 64 * 1024 * 1024;

export async function showWebp(filePath: string, longest: number): Promise<Shown> {
  const missingBytes = await withFileBytes(filePath, (bytes) => {
    const head = bytes.read(0, 12);
    return head.length === 12 ? 8 + head.readUInt32LE(4) - bytes.size : 0;
  });
  const options = { name, longest, memory: () => "whole" as const };
  if (missingBytes <= 0 || missingBytes > maxMissingBytes) return showCommon(filePath, options);
  // The decoder refuses files that were cut. What it makes of the missing bytes differs with what they are filled with.
  const one = await withFilled(filePath, missingBytes, 0, (filled) => showSound(filled, options));
  const other = await withFilled(filePath, missingBytes, 0x55, (filled) => showSound(filled, options));
  const soundRows = equalRows(one.raster, other.raster);
  if (soundRows === 0 || isBlank(one.raster)) throw damaged(name);
  return { ...one, raster: clearRowsFrom(one.raster, soundRows), warning: partlyDamaged };
}

function equalRows({ data, width, height, channels }: Raster, other: Raster): number {
  const at = data.findIndex((value, i) => value !== other.data[i]);
  return at < 0 ? height : Math.floor(at / (width * channels));
}

async function withFilled<T>(
  filePath: string,
  missingBytes: number,
  value: number,
  use: (filled: string) => Promise<T>,
): Promise<T> {
  const filled = `${filePath}.filled`;
  try {
    await copyFile(filePath, filled);
    const file = await open(filled, "r+");
    try {
      await file.write(Buffer.alloc(missingBytes, value), 0, missingBytes, (await stat(filled)).size);
    } finally {
      await file.close();
    }
    return await use(filled);
  } finally {
    await rm(filled, { force: true });
  }
}
