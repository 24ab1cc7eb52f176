import { rm } from "node:fs/promises";
import { withFileBytes } from "../bytes/bytes";
import { readPngColour } from "../png/colour";
import { salvagePng } from "../png/salvage";
import { clearRowsFrom } from "../raster/missing-rows";
import { damaged, partlyDamaged } from "../raster/unreadable";
import { type CommonOptions, showSound } from "./common";
import type { Shown } from "./shown";

export async function showPng(filePath: string, longest: number): Promise<Shown> {
  return showSound(filePath, await optionsOf(filePath, longest));
}

/** Shows the rows that can be read. libvips would leave rows of other memory where none can. */
export async function repairPng(filePath: string, longest: number): Promise<Shown> {
  const options = await optionsOf(filePath, longest);
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

async function optionsOf(filePath: string, longest: number): Promise<CommonOptions> {
  const colour = await withFileBytes(filePath, readPngColour);
  return { name: "PNG", longest, memory: () => "whole", ...colour };
}
