import type { Bytes } from "../bytes/bytes";
import { type Ifd, readIfd, readTiffHeader, type TiffHeader } from "./ifd";
import { layoutOf, type TiffLayout } from "./layout";

/** A picture of a TIFF file; `number` counts the directories before it. */
export type TiffPage = { header: TiffHeader; ifd: Ifd; layout: TiffLayout; number: number };

const maxPages = 256;

/**
 * Returns the page that is shown: the first that is no smaller version of another, else the first; null where there is none. The
 * only place that chooses it, so that what is estimated is what is decoded.
 */
export function firstPage(bytes: Bytes): TiffPage | null {
  const header = readTiffHeader(bytes);
  let first: TiffPage | null = null;
  let at = header?.firstIfd ?? 0;
  const seen = new Set<number>();
  for (let number = 0; header && at && !seen.has(at) && number < maxPages; number++) {
    seen.add(at);
    const ifd = readIfd(bytes, header, at);
    const layout = ifd && layoutOf(ifd);
    if (layout && !layout.isReduced) return { header, ifd, layout, number };
    if (layout) first ??= { header, ifd, layout, number };
    at = ifd?.next ?? 0;
  }
  return first;
}
