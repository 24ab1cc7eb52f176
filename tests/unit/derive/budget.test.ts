import { describe, expect, test } from "vitest";
import { budgetOf, repairNeedOf } from "@/lib/derive/budget/budget";
import { maxMemoryBytes, maxSeconds, unknown } from "@/lib/derive/budget/estimate";
import { deriveInspected, inspectFile } from "@/lib/derive/file/file";
import { nef } from "@/tests/support/formats/raw";
import { type Entry, tiffFile } from "@/tests/support/formats/tiff";
import { formNumber } from "@/tests/support/forms.mjs";
import { box, gridAvif } from "@/tests/support/hostile/avif";
import { gifOf } from "@/tests/support/hostile/gif";
import { baselineHeader, progressiveJpeg } from "@/tests/support/hostile/jpeg";
import { pngHeader } from "@/tests/support/hostile/png";
import { type TiffOptions, zeroTiff } from "@/tests/support/hostile/tiff";
import { webpHeader } from "@/tests/support/hostile/webp";
import { type PictureFormat, picture, truncated } from "@/tests/support/pictures";
import { fileWriter } from "./support";

const write = fileWriter();

async function budget(type: string, bytes: Buffer) {
  return budgetOf(await write(bytes), `image/${type}`);
}

const tooMuchMemory =
  /would need [\d,]+ MB of memory; up to 500 MB may be used: the picture has [\d,]+ × [\d,]+ pixels/;
const tooMuchTime = /would take about [\d,]+ seconds to make; up to 4 seconds may be used: the picture has/;
const tooManyPixels = /megapixels\); up to \d+ megapixels can be displayed/;
const tooLong = /sides of up to 65,500 pixels can be displayed/;

const hostile: Record<string, [what: string, bytes: () => Buffer | Promise<Buffer>, reason: RegExp][]> = {
  jpeg: [
    ["9,000 scans of 10 megapixels", () => progressiveJpeg({ width: 4_000, height: 2_500, scans: 9_000 }), tooMuchTime],
    ["800 scans of 98 megapixels", () => progressiveJpeg({ width: 65_500, height: 1_500, scans: 800 }), tooMuchTime],
    [
      "coefficients of 4 channels of 80 megapixels",
      () => progressiveJpeg({ width: 10_000, height: 8_000, scans: 1, components: 4 }),
      tooMuchMemory,
    ],
    ["65,501 lines", () => baselineHeader(8, 65_501), tooLong],
    ["201 megapixels", () => baselineHeader(15_000, 13_400), tooManyPixels],
  ],
  png: [
    [
      "16 bits, interlaced, 64 megapixels",
      () => pngHeader({ width: 8_000, height: 8_000, depth: 16, colourType: 6, isInterlaced: true }),
      tooMuchMemory,
    ],
    [
      "a palette, interlaced, 100 megapixels",
      () => pngHeader({ width: 10_000, height: 10_000, colourType: 3, isInterlaced: true }),
      tooMuchMemory,
    ],
    ["lines of 524 kB", () => pngHeader({ width: 65_500, height: 1_500, depth: 16, colourType: 6 }), tooMuchMemory],
    ["101 megapixels", () => pngHeader({ width: 10_100, height: 10_000, depth: 1, colourType: 0 }), tooManyPixels],
    ["lines that are too long", () => pngHeader({ width: 100_000, height: 1 }), tooLong],
  ],
  avif: [
    ["a grid of 256 tiles", () => gridAvif({ columns: 16, rows: 16, tileSize: 512 }), tooMuchMemory],
    [
      "a size that its tiles do not have",
      () => gridAvif({ columns: 1, rows: 1, claims: { width: 9_000, height: 9_000 } }),
      tooMuchMemory,
    ],
    [
      "more than 100 megapixels",
      () => gridAvif({ columns: 1, rows: 1, claims: { width: 20_000, height: 20_000 } }),
      tooManyPixels,
    ],
    [
      "the largest size of all",
      () => gridAvif({ columns: 1, rows: 1, claims: { width: 2 ** 32 - 1, height: 2 ** 32 - 1 } }),
      tooLong,
    ],
  ],
  gif: [
    ["a canvas of 95 megapixels", () => gifOf({ width: 9_500, height: 10_000 }), tooMuchMemory],
    [
      "a frame beyond the canvas",
      () => gifOf({ width: 1, height: 1, frames: 3, frame: { width: 9_900, height: 9_900 } }),
      tooMuchMemory,
    ],
    ["more than 100 megapixels", () => gifOf({ width: 65_000, height: 65_000 }), tooManyPixels],
  ],
  tiff: [
    [
      "a tile of 90 megapixels",
      () => zeroTiff({ width: 100, height: 100, tile: 9_600, hasPixels: false }),
      tooMuchMemory,
    ],
    [
      "floating point as a whole",
      () => zeroTiff({ width: 6_000, height: 6_000, bits: 32, sampleFormat: 3, hasPixels: false }),
      tooMuchMemory,
    ],
    ["200,000 pages", () => zeroTiff({ width: 1, height: 1, morePages: 200_000 }), tooMuchTime],
    [
      "more than 100 megapixels in a strip",
      () => zeroTiff({ width: 20_000, height: 20_000, hasPixels: false }),
      tooManyPixels,
    ],
  ],
  webp: [
    ["lossless, 96 megapixels", () => webpHeader("lossless", 16_000, 6_000), tooMuchMemory],
    ["animated, 64 megapixels", () => webpHeader("animated", 8_000, 8_000), tooMuchMemory],
    ["lossy, 268 megapixels", () => webpHeader("lossy", 16_383, 16_383), tooManyPixels],
  ],
};

describe.each(Object.entries(hostile))("a %s that takes too much is rejected before it is decoded", (type, files) => {
  test.each(files)("%s", async (_what, bytes, reason) => {
    const seen = await budget(type, await bytes());
    expect(seen).toMatchObject({ fits: false, reason: expect.stringMatching(reason) });
    expect(seen).toHaveProperty("reason", expect.stringMatching(/stored as uploaded and can be downloaded\.$/));
  });
});

describe("pictures as people have them fit", () => {
  test.each(["jpeg", "png", "webp", "gif", "tiff", "avif"] satisfies PictureFormat[])("%s", async (format) => {
    const seen = await budget(format, await picture({ width: 1_000, height: 750, format }));
    expect(seen).toMatchObject({ fits: true });
    expect(seen).not.toMatchObject(unknown);
  });

  test.each([
    ["a phone's JPEG of 108 megapixels", "jpeg", () => baselineHeader(12_000, 9_000)],
    ["a phone's JPEG of 200 megapixels", "jpeg", () => baselineHeader(16_320, 12_240)],
    [
      "a progressive JPEG of 98 megapixels with usual scans",
      "jpeg",
      () => progressiveJpeg({ width: 11_000, height: 8_900, scans: 10, components: 3, subsampling: 2 }),
    ],
    ["a PNG of 100 megapixels", "png", () => pngHeader({ width: 10_000, height: 10_000 })],
    [
      "an interlaced PNG of 24 megapixels in 16 bits",
      "png",
      () => pngHeader({ width: 6_000, height: 4_000, depth: 16, colourType: 6, isInterlaced: true }),
    ],
    [
      "an AVIF of 24 megapixels",
      "avif",
      () => gridAvif({ columns: 1, rows: 1, claims: { width: 6_000, height: 4_000 } }),
    ],
    [
      "a TIFF of 100 megapixels in one strip",
      "tiff",
      () => zeroTiff({ width: 10_000, height: 10_000, hasPixels: false }),
    ],
    ["a TIFF of 2,000 pages", "tiff", () => zeroTiff({ width: 100, height: 100, morePages: 2_000 })],
    ["a lossless WebP of 50 megapixels", "webp", () => webpHeader("lossless", 10_000, 5_000)],
  ])("%s", async (_what, type, bytes) => {
    const seen = await budget(type, await bytes());
    expect(seen).toMatchObject({ fits: true });
    expect(seen).toHaveProperty(
      "memoryBytes",
      expect.toSatisfy((value: number) => value <= maxMemoryBytes),
    );
    expect(seen).toHaveProperty(
      "seconds",
      expect.toSatisfy((value: number) => value <= maxSeconds),
    );
  });

  test("what follows the picture in a baseline JPEG costs nothing: a phone appends a video", async () => {
    const photograph = await picture({ width: 1_000, height: 750 });
    const alone = await budget("jpeg", photograph);
    const appended = await budget("jpeg", Buffer.concat([photograph, Buffer.alloc(20_000_000, 0xff)]));
    expect(alone).toMatchObject({ fits: true });
    expect((appended.fits && appended.seconds) || 0).toBeLessThan(((alone.fits && alone.seconds) || 0) + 0.1);
  });
});

describe("a TIFF is estimated by who decodes it", () => {
  const size = { width: 4_000, height: 3_000, hasPixels: false } as const;
  const needOf = async (bytes: Buffer) => {
    const seen = await budget("tiff", bytes);
    if (!seen.fits) throw new Error(seen.reason);
    return seen.memoryBytes;
  };

  test.each<[what: string, options: Partial<TiffOptions>]>([
    ["CIELab", { photometric: 8 }],
    ["bands that mean nothing", { channels: 5 }],
    ["premultiplied alpha", { channels: 4, extra: [[338, 3, [1]]] }],
    ["a predictor of floating point", { bits: 32, sampleFormat: 3, height: 1_500, extra: [[317, 3, [3]]] }],
    ["floating point", { bits: 32, sampleFormat: 3, height: 1_500 }],
    ["signed numbers", { sampleFormat: 2 }],
  ])("strips of samples that are read here are decompressed as a whole: %s", async (_what, options) => {
    const { height = size.height, channels = 3, bits = 8 } = options;
    const bandBytes = size.width * height * channels * (bits / 8);
    const need = await needOf(zeroTiff({ ...size, ...options }));
    expect(need).toBeGreaterThan(100e6 + 2 * bandBytes);
    const inStrips = await needOf(zeroTiff({ ...size, ...options, rowsPerStrip: 16 }));
    expect(inStrips).toBeLessThan(need - 1.9 * bandBytes);
  });

  test("a row of tiles of each plane", async () => {
    const planes = await needOf(zeroTiff({ ...size, tile: 1_024, isPlanar: true }));
    const together = await needOf(zeroTiff({ ...size, tile: 1_024 }));
    expect(planes).toBeGreaterThan(together + 50e6);
  });

  test("those that libvips reads line by line cost no more than lines", async () => {
    expect(await needOf(zeroTiff(size))).toBeLessThan(100e6);
  });

  test("a strip that libtiff may not hold as it is stored is read here", async () => {
    const stored = tiffFile([{ entries: [...page(7_000, 3_000, [], 2).entries], strips: [Buffer.alloc(42e6)] }]);
    expect(await needOf(stored)).toBeGreaterThan(100e6 + 2 * 63e6);
  });

  type NoData = { isReadHere: boolean; rowsPerStrip?: number; samples?: number; noData?: string };
  test.each<[what: string, how: NoData]>([
    ["some", { isReadHere: true }],
    ["more than a strip may have", { isReadHere: false, rowsPerStrip: 9_000 }],
    ["more than there is time for", { isReadHere: false, samples: 3 }],
    ["none that can be stored", { isReadHere: false, noData: "-1" }],
  ])("whole numbers with a value for no data are read here where that is possible: %s", async (_what, how) => {
    const { isReadHere, rowsPerStrip = 16, samples = 1, noData = "0" } = how;
    const entries: Entry[] = [
      [256, "long", [8_000]],
      [257, "long", [9_000]],
      [258, "short", Array.from({ length: samples }, () => 16)],
      [259, "short", [8]],
      [262, "short", [samples === 1 ? 1 : 2]],
      [277, "short", [samples]],
      [278, "long", [rowsPerStrip]],
    ];
    const strips = [Buffer.alloc(64)];
    const byLibvips = await needOf(tiffFile([{ entries, strips }]));
    const need = await needOf(tiffFile([{ entries: [...entries, [42_113, "ascii", noData]], strips }]));
    expect(need > byLibvips + 50e6).toBe(isReadHere);
    expect(need < byLibvips + 1e6).toBe(!isReadHere);
  });

  const page = (width: number, height: number, more: Entry[] = [], meaning = 8) => ({
    entries: [
      [256, "long", [width]],
      [257, "long", [height]],
      [258, "short", [8, 8, 8]],
      [262, "short", [meaning]],
      [277, "short", [3]],
      [278, "long", [height]],
      [259, "short", [8]],
      ...more,
    ] satisfies Entry[],
    strips: [Buffer.alloc(64)],
  });
  const reduced: Entry[] = [[254, "long", [1]]];

  test("by the page that is shown: not the smaller version before it", async () => {
    const alone = await needOf(tiffFile([page(4_000, 3_000)]));
    expect(await needOf(tiffFile([page(400, 300, reduced), page(4_000, 3_000)]))).toBeGreaterThanOrEqual(alone);
    expect(await needOf(tiffFile([page(400, 300), page(4_000, 3_000)]))).toBeLessThan(alone);
    const tooWide = await budget("tiff", tiffFile([page(400, 300, reduced), page(65_501, 10)]));
    expect(tooWide).toMatchObject({ fits: false, reason: expect.stringMatching(tooLong) });
  });
});

describe("repairing a damaged picture is a step of its own", () => {
  const cut = async (format: PictureFormat) => truncated(await picture({ width: 400, height: 300, format }));
  test.each([
    ["jpeg", () => cut("jpeg")],
    ["png", () => cut("png")],
    ["webp", () => cut("webp")],
    ["gif", () => cut("gif")],
    ["tiff", () => zeroTiff({ width: 400, height: 300, storedShare: 0.8 })],
  ])("it takes more than a sound one: %s", async (format, bytes) => {
    const filePath = await write(await bytes());
    const type = `image/${format}`;
    const [sound, repair] = [budgetOf(filePath, type), repairNeedOf(filePath, type)];
    expect(repair?.memoryBytes).toBeGreaterThan((sound.fits && sound.memoryBytes) || 0);
    expect(repair?.seconds).toBeGreaterThan((sound.fits && sound.seconds) || 0);
    expect(await deriveInspected(filePath, type)).toMatchObject({ repair: { need: repair } });
  });

  test("one that would take too much is damaged, and not too large", async () => {
    // Sound, it is read line by line; what is left of it would be decompressed as a whole.
    const cut = await write(zeroTiff({ width: 9_000, height: 7_000, storedShare: 0.8 }));
    expect(budgetOf(cut, "image/tiff")).toMatchObject({ fits: true });
    const derived = await deriveInspected(cut, "image/tiff");
    expect(derived).toMatchObject({ state: "rejected", reason: expect.stringMatching(/TIFF.*incomplete or damaged/) });
  });
});

test("a raw file whose preview takes too much is kept: it is sound", async () => {
  const preview = progressiveJpeg({ width: 10_500, height: 8_500, scans: 1, components: 3 });
  const filePath = await write(nef({ preview }));
  expect(budgetOf(filePath, "image/x-nikon-nef")).toMatchObject({ fits: false });
  expect(await inspectFile(filePath)).toMatchObject({ budget: null, derivation: { state: "kept" } });
});

describe("a header that is not understood is left to the decoder, which is ended where it takes too much", () => {
  test.each([
    ["jpeg", Buffer.from("ffd8ffe000104a46", "hex")],
    ["jpeg", Buffer.concat([Buffer.from("ffd8", "hex"), Buffer.alloc(1_000_000, 0xff)])],
    ["png", pngHeader({ width: 1, height: 1 }).subarray(0, 20)],
    ["gif", Buffer.from("GIF89a=1;alert(1)//")],
    ["webp", Buffer.from("RIFF\x10\0\0\0WEBPVP8 ")],
    ["tiff", Buffer.from("II*\0\x08\0\0\0")],
    ["tiff", Buffer.from("49492a00080000000000ffffffff", "hex")],
    ["tiff", Buffer.from("II*\0\xff\xff\xff\x7f", "latin1")],
    ["avif", Buffer.from("\0\0\0\x0cftypavif\0\0\0\0free", "latin1")],
    ["avif", nested(2_000)],
    ["avif", Buffer.concat([box("ftyp", Buffer.from("avif")), ...Array<Buffer>(30_000).fill(box("free"))])],
    ["heic", Buffer.alloc(0)],
  ])("%s", async (type, bytes) => {
    expect(await budget(type, bytes)).toEqual({ fits: true, ...unknown });
  });
});

test("damaged files of any kind get some budget, and never an error", { timeout: 30_000 }, async () => {
  const seeds = Object.entries(hostile).flatMap(([type, files]) => files.map(([, bytes]) => [type, bytes] as const));
  let state = formNumber("ATOLL_TEST_SEED");
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
  for (const [type, bytes] of seeds) {
    const whole = (await bytes()).subarray(0, 20_000);
    for (let i = 0; i < 20; i++) {
      const damaged = Buffer.from(whole.subarray(0, random(4) === 0 ? random(whole.length) : whole.length));
      for (let flips = random(8); flips >= 0 && damaged.length > 0; flips--) {
        damaged[random(Math.min(damaged.length, 400))] = [0, 0xff, random(256)][random(3)] ?? 0;
      }
      expect(await budget(type, damaged)).toHaveProperty("fits");
    }
  }
});

/** Boxes in boxes, so deep. */
function nested(depth: number): Buffer {
  let inner: Buffer = Buffer.alloc(0);
  for (let i = 0; i < depth; i++) inner = box("meta", Buffer.alloc(4), inner);
  return Buffer.concat([box("ftyp", Buffer.from("avif")), inner]);
}
