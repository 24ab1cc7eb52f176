import type { Bytes } from "../bytes/bytes";
import { type Ifd, readIfd, readTiffHeader } from "./ifd";
import { tag } from "./tags";

const maxIfds = 64;
const maxDepth = 3;

/** Returns the directories of a TIFF file in the order they are reached: the chain, each with those below it. */
export function allIfds(bytes: Bytes): Ifd[] {
  const header = readTiffHeader(bytes);
  if (!header) return [];
  const found: Ifd[] = [];
  const seen = new Set<number>();
  const open = [{ at: header.firstIfd, depth: 0 }];
  for (let here = open.shift(); here && found.length < maxIfds; here = open.shift()) {
    if (seen.has(here.at)) continue;
    seen.add(here.at);
    const ifd = readIfd(bytes, header, here.at);
    if (!ifd) continue;
    found.push(ifd);
    const { depth } = here;
    const below = depth < maxDepth ? [...ifd.numbers(tag.subIfds, maxIfds), ...ifd.numbers(tag.exifIfd, 1)] : [];
    open.unshift(...below.map((at) => ({ at, depth: depth + 1 })), { at: ifd.next, depth });
  }
  return found;
}
