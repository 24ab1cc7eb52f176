import { withFileBytes } from "../bytes/bytes";
import { readPngColour } from "../png/colour";
import { showCommon } from "./common";
import type { Shown } from "./shown";

export async function showPng(filePath: string, longest: number): Promise<Shown> {
  const colour = await withFileBytes(filePath, readPngColour);
  return showCommon(filePath, { name: "PNG", longest, memory: () => "whole", ...colour });
}
