import { withFileBytes } from "../bytes/bytes";
import { readPngColour } from "../png/colour";
import { salvagePng } from "../png/salvage";
import { clearRowsFrom } from "../raster/missing-rows";
import { Damaged, partlyDamaged } from "../raster/unreadable";
import { showSound } from "./common";
import type { Shown } from "./shown";

export async function showPng(filePath: string, longest: number): Promise<Shown> {
  const colour = await withFileBytes(filePath, readPngColour);
  const memory = () => "whole" as const;
  const options = { name: "PNG", longest, memory, ...colour };
  try {
    return await showSound(filePath, options);
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    // libvips would leave rows of other memory where none can be read.
    const salvaged = await withFileBytes(filePath, salvagePng);
    if (!salvaged) throw error;
    const shown = await showSound(salvaged.png, options);
    const soundRows = Math.floor((salvaged.soundRows * shown.raster.height) / shown.height);
    if (soundRows === 0) throw error;
    return { ...shown, raster: clearRowsFrom(shown.raster, soundRows), warning: partlyDamaged };
  }
}
