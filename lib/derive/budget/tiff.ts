import { mostCompressed } from "../tiff/blocks";
import { firstPage, type TiffPage } from "../tiff/first-page";
import type { TiffLayout } from "../tiff/layout";
import { jpegAt } from "../tiff/old-jpeg";
import { commonBytes, commonSeconds, type Estimate, lineBytes, type Need } from "./estimate";
import type { FileView } from "./file-view";
import { estimateJpeg } from "./jpeg";
import { planWithin, samplesNeed, secondsPerStoredByte } from "./samples";

const [secondsPerByte, secondsPerPage] = [5e-9, 20e-6];
/** The most that libvips lets libtiff take. */
const libtiffBytes = 52_428_800;
/** More pages are not followed: so many take longer than any picture may. */
const maxPages = 300_000;

/**
 * Estimates a TIFF, by the page that is shown and by who decodes it. libvips reads strips line by line and tiles by rows of them,
 * and walks to the last page. Samples that it does not map are read in JavaScript, a strip or a row of tiles at a time.
 */
export function estimateTiff(view: FileView): Estimate | null {
  const page = firstPage(view);
  if (!page) return null;
  const { width, height } = page.layout;
  const { memoryBytes, seconds } = needOf(view, page);
  const pages = countPages(view, page);
  return {
    width,
    height,
    memoryBytes: commonBytes + memoryBytes,
    seconds: commonSeconds + seconds + view.sizeBytes * secondsPerStoredByte + pages * secondsPerPage,
    ...(pages > 1 ? { because: `it has ${pages.toLocaleString("en")} pages` } : {}),
  };
}

/** What is decoded by whom, beyond what any picture takes. */
function needOf(view: FileView, page: TiffPage): Need {
  switch (planWithin(page.layout, view.sizeBytes).by) {
    case "nothing":
      return { memoryBytes: 0, seconds: 0 };
    case "samples":
      return samplesNeed(page.layout, view.sizeBytes);
    case "old-jpeg":
      return oldJpegNeed(view, page);
    case "libvips":
      return libvipsNeed(page.layout, view.sizeBytes);
  }
}

function libvipsNeed({ width, height, bits, block, compression }: TiffLayout, sizeBytes: number): Need {
  const pixelBytes = bits.reduce((sum, size) => sum + Math.max(1, size / 8), 0);
  const band = Math.max(width, block.width) * block.height * pixelBytes;
  // A strip is read as it is stored, and then line by line.
  const stored = compression === 1 ? 0 : Math.min(sizeBytes, mostCompressed(band), libtiffBytes);
  return {
    memoryBytes: lineBytes(width * pixelBytes, height) + (block.isTile ? 2 * band : 0) + stored,
    seconds: width * height * pixelBytes * secondsPerByte,
  };
}

/** The JPEG is read as a whole. */
function oldJpegNeed(view: FileView, { ifd, layout }: TiffPage): Need {
  const found = jpegAt(view, ifd, layout);
  const jpeg = found && estimateJpeg(view.part(found.at, found.length));
  return jpeg && found
    ? { memoryBytes: jpeg.memoryBytes + found.length, seconds: jpeg.seconds }
    : { memoryBytes: 0, seconds: 0 };
}

function countPages(view: FileView, { header }: TiffPage): number {
  const reader = new Reader(view, header.isLittleEndian);
  const seen = new Set<number>();
  for (
    let next: number | null = header.firstIfd;
    next !== null && next !== 0;
    next = reader.nextOf(next, header.isBig)
  ) {
    // A chain that leads back to itself ends there for libtiff, too.
    if (seen.has(next) || seen.size >= maxPages) break;
    seen.add(next);
  }
  return seen.size;
}

class Reader {
  constructor(
    private readonly view: FileView,
    private readonly isLittle: boolean,
  ) {}

  /** Returns an unsigned integer; 0 beyond the end of the file. */
  uint(at: number, bytes: 1 | 2 | 4 | 8): number {
    const read = this.view.read(at, bytes);
    if (read.length < bytes) return 0;
    if (bytes === 8) return Number(this.isLittle ? read.readBigUInt64LE() : read.readBigUInt64BE());
    return this.isLittle ? read.readUIntLE(0, bytes) : read.readUIntBE(0, bytes);
  }

  /** Returns where the directory after the one at `at` is, 0 after the last; null where there is none at `at`. */
  nextOf(at: number, isBig: boolean): number | null {
    const { entries, first, entryBytes } = this.layout(at, isBig);
    if (entries === 0) return null;
    return this.uint(first + entries * entryBytes, isBig ? 8 : 4);
  }

  private layout(at: number, isBig: boolean) {
    const entries = at < 8 ? 0 : this.uint(at, isBig ? 8 : 2);
    return { entries, first: at + (isBig ? 8 : 2), entryBytes: isBig ? 20 : 12 };
  }
}
