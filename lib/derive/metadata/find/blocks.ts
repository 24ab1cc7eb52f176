import { type ByteSource, bytesSource } from "./byte-source";

const mebibyte = 1024 * 1024;
/** Of each kind. Files have one or two. */
const maxBlocks = 8;
/** Of all blocks of a kind together. EXIF with a large maker note has half a megabyte, XMP of a long editing history several. */
export const maxBlockBytes = { exif: 2 * mebibyte, xmp: 2 * mebibyte, iptc: mebibyte / 4 } as const;

type Kind = keyof typeof maxBlockBytes;

/** The parts of a file that say when and where it was made. Those beyond the limits are left out. */
export class Blocks {
  /** TIFF structures: the file itself, or what lies in it under the name EXIF. */
  readonly exif: ByteSource[] = [];
  readonly xmp: Buffer[] = [];
  /** Records of IPTC's Information Interchange Model. */
  readonly iptc: Buffer[] = [];
  readonly #roomBytes: Record<Kind, number> = { ...maxBlockBytes };

  /** Adds a TIFF structure whose bytes are read when needed. */
  addTiff(source: ByteSource): void {
    if (this.exif.length < maxBlocks) this.exif.push(source);
  }

  /** Adds an EXIF block, with or without the marker that JPEG puts before it. */
  addExif(block: Buffer): void {
    const tiff = withoutMarker(block);
    if (isTiff(tiff) && this.#takes("exif", tiff)) this.exif.push(bytesSource(tiff));
  }

  /** Adds a packet, or its beginning if it is too large: what the picture itself says stands before its history. */
  addXmp(packet: Buffer): void {
    const beginning = packet.subarray(0, this.#roomBytes.xmp);
    if (this.#takes("xmp", beginning)) this.xmp.push(beginning);
  }

  addIptc(records: Buffer): void {
    if (this.#takes("iptc", records)) this.iptc.push(records);
  }

  #takes(kind: Kind, block: Buffer): boolean {
    if (block.length === 0 || block.length > this.#roomBytes[kind] || this[kind].length >= maxBlocks) return false;
    this.#roomBytes[kind] -= block.length;
    return true;
  }
}

export const exifMarker = "Exif\0";

/** JPEG marks an EXIF block by "Exif", a zero and a fill byte. Some programs copy the mark into other formats, too. */
function withoutMarker(block: Buffer): Buffer {
  return startsWith(block, exifMarker) ? block.subarray(exifMarker.length + 1) : block;
}

export function isTiff(block: Buffer): boolean {
  return startsWith(block, "II*\0") || startsWith(block, "MM\0*");
}

export function startsWith(block: Buffer, start: string): boolean {
  return block.length >= start.length && block.toString("latin1", 0, start.length) === start;
}
