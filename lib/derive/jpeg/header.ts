import type { Bytes } from "../bytes/bytes";

/** The frame header of a JPEG (ITU-T T.81, B.2.2). */
export type JpegHeader = { width: number; height: number; precision: number; components: number; process: number };

/** Markers of frame headers. C4, C8 and CC are others. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const maxSegments = 2_000;

/** Returns the frame header; null when the bytes are no JPEG, or end before it. */
export function readJpegHeader(bytes: Bytes): JpegHeader | null {
  if (!bytes.read(0, 2).equals(Buffer.from([0xff, 0xd8]))) return null;
  let at = 2;
  for (let count = 0; count < maxSegments; count++) {
    const head = bytes.read(at, 10);
    if (head.length < 10) return null;
    const marker = head[1] ?? 0;
    // Any number of FF may precede a marker, and some writers leave other bytes there.
    if (head[0] !== 0xff || marker === 0xff || marker === 0) at += 1;
    else if (isFrame(marker)) {
      const components = bytes.read(at + 9, 1)[0] ?? 0;
      const [height, width] = [head.readUInt16BE(5), head.readUInt16BE(7)];
      return { width, height, precision: head[4] ?? 0, components, process: marker - 0xc0 };
    } else if (marker === 0xda || marker === 0xd9) return null;
    else at += 2 + (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8) ? 0 : head.readUInt16BE(2));
  }
  return null;
}

/** Baseline, extended and progressive, coded by Huffman's method, with 8 bits: what decoders of photographs read. */
export function isCommonJpeg({ process, precision }: JpegHeader): boolean {
  return process <= 2 && precision === 8;
}

/** Names what a decoder of photographs lacks for this JPEG; null when nothing. */
export function uncommonJpeg({ process, precision }: JpegHeader): string | null {
  if ([3, 7, 11, 15].includes(process)) return "lossless JPEG";
  if ([5, 6, 13, 14].includes(process)) return "hierarchical JPEG";
  if (precision !== 8) return `${precision}-bit JPEG`;
  return process >= 9 ? "arithmetic-coded JPEG" : null;
}

/**
 * Tells whether messages of libjpeg mean damage. A few extra bytes between segments, or before the end, are how some cameras
 * write; extra bytes before a restart marker are pixels that were lost.
 */
export function isJpegDamage(messages: string): boolean {
  return messages
    .replace(/^.*treated as error.*$/gm, "")
    .split("\n")
    .some((message) => /JPEG|marker|Huffman/i.test(message) && !isHarmless(message));
}

const mostExtraBytes = 64;

function isHarmless(message: string): boolean {
  const extra = /(\d+) extraneous bytes before marker 0x([0-9a-f]{2})/.exec(message);
  if (!extra) return /Adobe|JFIF|Invalid SOS parameters|Inconsistent progression/.test(message);
  const marker = Number.parseInt(extra[2] ?? "", 16);
  return Number(extra[1]) <= mostExtraBytes && (marker < 0xd0 || marker > 0xd7);
}
