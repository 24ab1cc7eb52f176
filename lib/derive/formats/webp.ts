import { appendFile, copyFile, rm } from "node:fs/promises";
import { withFileBytes } from "../bytes/bytes";
import { clearRowsFrom, isBlank } from "../raster/missing-rows";
import type { Raster } from "../raster/raster";
import { damaged, partlyDamaged } from "../raster/unreadable";
import { showDamaged, showSound } from "./common";
import type { Shown } from "./shown";

const name = "WebP";
/** The most that is filled up where a file was cut. */
const maxMissingBytes = 64 * 1024 * 1024;
const pieceBytes = 1024 * 1024;

const optionsOf = (longest: number) => ({ name, longest, memory: () => "whole" as const });

export async function showWebp(filePath: string, longest: number): Promise<Shown> {
  // The decoder refuses files that were cut.
  if ((await missingBytesOf(filePath)) > 0) throw damaged(name);
  return showSound(filePath, optionsOf(longest));
}

/** Fills up what is missing, twice. What the decoder makes of the missing bytes differs with what they are filled with. */
export async function repairWebp(filePath: string, longest: number): Promise<Shown> {
  const missingBytes = await missingBytesOf(filePath);
  const options = optionsOf(longest);
  if (missingBytes <= 0 || missingBytes > maxMissingBytes) return showDamaged(filePath, options);
  const one = await withFilled(filePath, missingBytes, 0, (filled) => showSound(filled, options));
  const other = await withFilled(filePath, missingBytes, 0x55, (filled) => showSound(filled, options));
  const soundRows = equalRows(one.raster, other.raster);
  if (soundRows === 0 || isBlank(one.raster)) throw damaged(name);
  return { ...one, raster: clearRowsFrom(one.raster, soundRows), warning: partlyDamaged };
}

/** Returns how many bytes the file lacks of what its header says. */
function missingBytesOf(filePath: string): Promise<number> {
  return withFileBytes(filePath, (bytes) => {
    const head = bytes.read(0, 12);
    return head.length === 12 ? 8 + head.readUInt32LE(4) - bytes.size : 0;
  });
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
    const piece = Buffer.alloc(Math.min(missingBytes, pieceBytes), value);
    for (let left = missingBytes; left > 0; left -= piece.length) {
      await appendFile(filled, piece.subarray(0, left));
    }
    return await use(filled);
  } finally {
    await rm(filled, { force: true });
  }
}
