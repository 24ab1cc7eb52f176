import { type Bytes, partOf } from "../bytes/bytes";

/** A box of the ISO base media file format (ISO/IEC 14496-12) and the bytes it holds. */
export type Box = { type: string; at: number; length: number; content: Bytes };

const maxBoxes = 10_000;

/** Returns the boxes that lie side by side. A length beyond the end is cut. */
export function readBoxes(bytes: Bytes): Box[] {
  const boxes: Box[] = [];
  let at = 0;
  while (at + 8 <= bytes.size && boxes.length < maxBoxes) {
    const head = bytes.read(at, 16);
    const stated = head.readUInt32BE(0);
    const isLong = stated === 1 && head.length === 16;
    const headBytes = isLong ? 16 : 8;
    const wanted = isLong ? Number(head.readBigUInt64BE(8)) : stated === 0 ? bytes.size - at : stated;
    if (wanted < headBytes) break;
    const length = Math.min(wanted, bytes.size - at);
    const content = partOf(bytes, at + headBytes, length - headBytes);
    boxes.push({ type: head.toString("latin1", 4, 8), at, length, content });
    at += length;
  }
  return boxes;
}

/** Returns the content of the first box at a path of types. "meta" and others of `full` boxes start after 4 bytes. */
export function findBox(bytes: Bytes, ...path: string[]): Bytes | null {
  let here: Bytes = bytes;
  for (const type of path) {
    const box = readBoxes(here).find((candidate) => candidate.type === type);
    if (!box) return null;
    here = skipOf(type) ? partOf(box.content, skipOf(type)) : box.content;
  }
  return here;
}

/** Bytes of fields before the boxes that a box holds. */
function skipOf(type: string): number {
  return { meta: 4, stsd: 8, av01: 78 }[type] ?? 0;
}

/** Returns the major brand and the compatible ones. */
export function brandsOf(bytes: Bytes): string[] {
  const [first] = readBoxes(partOf(bytes, 0, 4_096));
  if (first?.type !== "ftyp") return [];
  const text = first.content.read(0, 1_024).toString("latin1");
  return (text.match(/.{4}/gs) ?? []).filter((_, i) => i !== 1);
}
