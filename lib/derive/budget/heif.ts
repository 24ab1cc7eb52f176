import { commonBytes, commonSeconds, type Estimate } from "./estimate";
import type { FileView } from "./file-view";

type Size = { width: number; height: number };
type Found = { sizes: Size[]; isDeep: boolean; isGrid: boolean; boxes: number };

/** Bytes a pixel of the whole picture takes: planes, and RGB made of them. Then of each coded picture: the codec's own. */
const [wholeBytes, codedBytes] = [
  { shallow: 8.5, deep: 14 },
  { shallow: 10, deep: 14 },
];
const secondsPerPixel = 110e-9;

const maxBoxes = 20_000;
const maxDepth = 8;
/** The boxes that others lie in, with the bytes before those: a version, and a count of items. */
const containers: Record<string, number> = { meta: 4, iprp: 0, ipco: 0, iinf: 6 };

/**
 * Estimates an AVIF or HEIC. Its picture is in memory as a whole; of a grid each tile is decoded by itself. The largest size that
 * the file names counts, for whichever item: thumbnails and masks are smaller.
 */
export function estimateHeif(view: FileView): Estimate | null {
  const found: Found = { sizes: [], isDeep: false, isGrid: false, boxes: 0 };
  walk(view, { at: 0, end: view.sizeBytes, depth: 0 }, found);
  const [whole, ...others] = found.sizes.sort((a, b) => pixelsOf(b) - pixelsOf(a));
  if (!whole || found.boxes >= maxBoxes) return null;
  // Of a grid the largest size is that of the whole, and the next that of a tile.
  const coded = (found.isGrid && others.find((size) => pixelsOf(size) < pixelsOf(whole))) || whole;
  const depth = found.isDeep ? "deep" : "shallow";
  return {
    ...whole,
    memoryBytes: commonBytes + pixelsOf(whole) * wholeBytes[depth] + pixelsOf(coded) * codedBytes[depth],
    seconds: commonSeconds + pixelsOf(whole) * secondsPerPixel,
  };
}

const pixelsOf = ({ width, height }: Size) => width * height;

type Range = { at: number; end: number; depth: number };

function walk(view: FileView, { at: start, end, depth }: Range, found: Found): void {
  for (let at = start; at + 8 <= end && found.boxes < maxBoxes; found.boxes += 1) {
    const head = view.read(at, 28);
    if (head.length < 8) return;
    const { size, headBytes } = sizeOf(head, end - at);
    if (size < headBytes) return;
    const type = head.toString("latin1", 4, 8);
    const body = view.read(at + headBytes, Math.min(size - headBytes, 16));
    note(type, body, found);
    const skipped = containers[type];
    if (skipped !== undefined && depth < maxDepth) {
      walk(view, { at: at + headBytes + skipped, end: Math.min(end, at + size), depth: depth + 1 }, found);
    }
    at += size;
  }
}

/** Reads the size of a box: 1 for a 64-bit one after the type, 0 for the rest of the file. */
function sizeOf(head: Buffer, restBytes: number): { size: number; headBytes: number } {
  const size = head.readUInt32BE(0);
  if (size === 0) return { size: restBytes, headBytes: 8 };
  if (size === 1 && head.length >= 16) return { size: Number(head.readBigUInt64BE(8)), headBytes: 16 };
  return { size, headBytes: 8 };
}

function note(type: string, body: Buffer, found: Found): void {
  if (type === "ispe" && body.length >= 12) {
    found.sizes.push({ width: body.readUInt32BE(4), height: body.readUInt32BE(8) });
  }
  // AV1's high_bitdepth, and of HEVC and the pixels themselves the bits of the first channel.
  if (type === "av1C") found.isDeep ||= ((body[2] ?? 0) & 0x40) !== 0;
  if (type === "pixi") found.isDeep ||= (body[5] ?? 8) > 8;
  if (type === "infe") found.isGrid ||= body.includes("grid", 0, "latin1");
}
