import { rm } from "node:fs/promises";
import { withFileBytes } from "../bytes/bytes";
import { readPngColour } from "../png/colour";
import { salvagePng } from "../png/salvage";
import { clearRowsFrom } from "../raster/missing-rows";
import { Damaged, damaged, partlyDamaged } from "../raster/unreadable";
import { type CommonOptions, showSound } from "./common";
import type { Shown } from "./shown";

export async function showPng(filePath: string, longest: number): Promise<Shown> {
  const colour = await withFileBytes(filePath, readPngColour);
  const memory = () => "whole" as const;
  const options = { name: "PNG", longest, memory, ...colour };
  try {
    return await showSound(filePath, options);
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    return showSalvaged(filePath, options);
  }
}

/** libvips would leave rows of other memory where none can be read. */
async function showSalvaged(filePath: string, options: CommonOptions): Promise<Shown> {
  const salvaged = `${filePath}.salvaged`;
  try {
    const rows = await withFileBytes(filePath, (bytes) => salvagePng(bytes, salvaged));
    if (rows === 0) throw damaged(options.name);
    const shown = await showSound(salvaged, options);
    const soundRows = Math.floor((rows * shown.raster.height) / shown.height);
    if (soundRows === 0) throw damaged(options.name);
    return { ...shown, raster: clearRowsFrom(shown.raster, soundRows), warning: partlyDamaged };
  } finally {
    await rm(salvaged, { force: true });
  }
}
