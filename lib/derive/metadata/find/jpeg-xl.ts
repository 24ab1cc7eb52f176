import { brotliDecompressSync } from "node:zlib";
import { type Blocks, maxBlockBytes } from "./blocks";
import { addExifItem } from "./heif";

/** The boxes in which JPEG XL keeps EXIF and XMP (ISO/IEC 18181-2, section 9). "brob" is a compressed one. */
const types = new Set(["Exif", "xml ", "brob"]);
/** Of compressed boxes in a file, each of which may become the largest block. */
const maxCompressed = 16;
const maxBytes = Math.max(maxBlockBytes.exif, maxBlockBytes.xmp);
const typeBytes = 4;

/** Adds the blocks of a file's boxes, one box after another. */
export class JpegXlBoxes {
  #compressedLeft = maxCompressed;

  constructor(private readonly blocks: Blocks) {}

  /** Tells whether `add` wants a box. */
  wants(type: string, sizeBytes: number): boolean {
    return types.has(type) && sizeBytes <= maxBytes && (type !== "brob" || this.#compressedLeft > 0);
  }

  add(type: string, content: Buffer): void {
    if (type !== "brob") {
      this.#addPlain(type, content);
      return;
    }
    this.#compressedLeft -= 1;
    const whole = decompressed(content.subarray(typeBytes));
    if (whole) this.#addPlain(content.toString("latin1", 0, typeBytes), whole);
  }

  #addPlain(type: string, content: Buffer): void {
    if (type === "Exif") addExifItem(content, this.blocks);
    else if (type === "xml ") this.blocks.addXmp(content);
  }
}

function decompressed(bytes: Buffer): Buffer | null {
  try {
    return brotliDecompressSync(bytes, { maxOutputLength: maxBytes });
  } catch {
    return null; // Damaged, or a few bytes that would become gigabytes.
  }
}
