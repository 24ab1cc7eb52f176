/**
 * What decoding a picture takes, from what its header says: an upper bound for files whose header is true. The figures were
 * measured with libvips 8.18 on one core of an AMD EPYC server (`npm run bench -- decoder`).
 */
export type Estimate = {
  width: number;
  height: number;
  /** Memory of the decoder beyond that of an idle one. */
  memoryBytes: number;
  /** Processor time. */
  seconds: number;
  /** Which loader it is, where it can leave out pixels while it reads. */
  shrinksOnLoad?: boolean;
  /** Why it takes so long, to be told: "it has 30,000 scans". */
  because?: string;
};

/** What one step of decoding takes. */
export type Need = Pick<Estimate, "memoryBytes" | "seconds">;

/** What one picture may take beside the decoder itself, which takes 90 MB of the 600 MB that a worker has for all of them. */
export const maxMemoryBytes = 500e6;
export const maxSeconds = 4;

/** For any picture: the largest derivative as pixels, and the WebP encoder. */
export const commonBytes = 32e6;
/** For any picture: the derivatives. */
export const commonSeconds = 0.25;
/** Lines that libvips keeps while it shrinks. */
const keptLines = 1_800;

/** Returns the memory for lines that are read one after another and shrunk. */
export function lineBytes(bytesPerLine: number, height: number): number {
  return bytesPerLine * Math.min(height, keptLines);
}

/** Of a picture whose header is not understood, as the decoder may understand it: a photograph of 12 megapixels in AVIF. */
export const unknown: Need = { memoryBytes: 260e6, seconds: 1.5 };
