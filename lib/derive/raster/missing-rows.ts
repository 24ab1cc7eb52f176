import type { Raster } from "./raster";

/** Tells whether all pixels are the same: what is left of a picture of which nothing could be read. */
export function isBlank(raster: Raster): boolean {
  return uniformRows(raster) === raster.height;
}

/**
 * Makes the rows transparent that a decoder filled because the file ended before: those at the bottom which are all of one
 * colour. They would look like part of the picture.
 */
export function clearMissingRows<Data extends Uint8Array | Uint16Array>(raster: Raster<Data>): Raster<Data> {
  return clearRowsFrom(raster, raster.height - uniformRows(raster));
}

export function clearRowsFrom<Data extends Uint8Array | Uint16Array>(
  raster: Raster<Data>,
  firstRow: number,
): Raster<Data> {
  const { width, height, channels, data } = raster;
  if (firstRow >= height) return raster;
  const hasAlpha = channels === 2 || channels === 4;
  const outputChannels = hasAlpha ? channels : channels + 1;
  const length = width * height * outputChannels;
  const output = (data instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length)) as Data;
  const opaque = 2 ** (8 * data.BYTES_PER_ELEMENT) - 1;
  for (let i = 0; i < width * firstRow; i++) {
    for (let c = 0; c < outputChannels; c++) {
      output[i * outputChannels + c] = c < channels ? (data[i * channels + c] ?? 0) : opaque;
    }
  }
  return { width, height, channels: outputChannels, data: output };
}

/** Counts the rows at the bottom that have the colour of the last pixel only. */
function uniformRows({ width, height, channels, data }: Raster): number {
  const last = data.length - channels;
  for (let i = data.length - 1; i >= 0; i--) {
    if (data[i] !== data[last + (i % channels)]) return height - 1 - Math.floor(i / (width * channels));
  }
  return height;
}
