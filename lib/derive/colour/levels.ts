import type { Raster } from "../raster/raster";

/** Black and white of video levels, as parts of the whole range. */
const [black, white] = [16 / 255, 235 / 255];

/** Widens colours of video levels to the whole range, in place. Alpha has the whole range always. */
export function widenLevels({ data, channels }: Raster): void {
  const max = data instanceof Uint16Array ? 65_535 : 255;
  const colours = channels === 2 || channels === 4 ? channels - 1 : channels;
  const widened = Array.from({ length: max + 1 }, (_, value) =>
    Math.round(max * Math.min(1, Math.max(0, (value / max - black) / (white - black)))),
  );
  for (let i = 0; i < data.length; i++) if (i % channels < colours) data[i] = widened[data[i] ?? 0] ?? 0;
}
