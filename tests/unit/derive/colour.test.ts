import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { avifPicture } from "@/tests/support/formats/avif";
import {
  type Chunk,
  chromaticities,
  codePoints,
  contentLight,
  gamma,
  isSrgb,
  pngFile,
  profileChunk,
} from "@/tests/support/formats/png";
import { deriveReady, fileWriter, pixelsOf } from "./support";

const write = fileWriter();
type Rgb = readonly [number, number, number];

const grey = (value: number): Rgb => [value, value, value];

async function pngColour(chunks: Chunk[], stored: Rgb, bits: 8 | 16 = 8): Promise<number[]> {
  const derivation = await deriveReady(
    await write(pngFile({ width: 16, height: 16, bits, chunks, value: () => stored })),
  );
  return (await pixelsOf(derivation, write)).at(8, 8).slice(0, 3);
}

function expectNear(seen: number[], wanted: Rgb | readonly number[], tolerance = 2) {
  const off = wanted.map((value, i) => Math.abs(value - (seen[i] ?? -999)));
  expect(Math.max(...off), `saw ${seen}, wanted ${wanted}`).toBeLessThanOrEqual(tolerance);
}

const adobe = chromaticities(0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06);
const swapped = chromaticities(0.3127, 0.329, 0.3, 0.6, 0.64, 0.33, 0.15, 0.06);
const impossible = chromaticities(0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3);

// What Chromium 156 shows was read from its screen, for each of the numbers in this file.
describe("a PNG is shown as its chunks say", () => {
  test.each<[string, Chunk[], Rgb, Rgb]>([
    ["light itself", [gamma(1)], grey(55 / 255), grey(128)],
    ["an old Macintosh", [gamma(1 / 1.8)], grey(100 / 199), grey(146)],
    ["a file gamma of 2.5", [gamma(2.5)], grey(40 / 199), grey(192)],
    ["the gamma of screens is that of sRGB", [gamma(1 / 2.2)], grey(60 / 199), grey(77)],
    ["no gamma", [], grey(55 / 255), grey(55)],
    ["a gamma of zero says nothing", [gamma(0)], grey(55 / 255), grey(55)],
    ["chromaticities of Adobe RGB", [gamma(1 / 2.2), adobe], [0.5, 0.5, 0.25], [128, 128, 56]],
    ["red and green swapped", [gamma(1 / 2.2), swapped], [0.5, 0, 0], [0, 128, 0]],
    ["chromaticities without gamma say nothing", [adobe], [0.5, 0.25, 0.25], [128, 64, 64]],
    ["chromaticities that are no colours", [gamma(1 / 2.2), impossible], [0.5, 0.25, 0.25], [128, 64, 64]],
    ["sRGB wins over gamma", [isSrgb, gamma(1)], grey(55 / 255), grey(55)],
    ["code points win over sRGB and gamma", [codePoints(1, 8), isSrgb, gamma(0.45455)], grey(55 / 255), grey(128)],
    ["code points that say nothing", [codePoints(2, 2)], grey(0.5), grey(128)],
  ])("%s", async (_what, chunks, stored, wanted) => {
    expectNear(await pngColour(chunks, stored), wanted);
    expectNear(await pngColour(chunks, stored, 16), wanted);
  });

  test("a profile wins over gamma, and code points over it", async () => {
    const made = await sharp(Buffer.alloc(12), { raw: { width: 2, height: 2, channels: 3 } })
      .withIccProfile("p3")
      .png()
      .toBuffer();
    const { icc = Buffer.alloc(0) } = await sharp(await write(made)).metadata();
    const profile = profileChunk(icc);
    const green: Rgb = [0.2, 0.6, 0.2];
    const plain = await pngColour([profile], green);
    expect(plain[0]).toBeLessThan(30); // P3's green is more saturated
    expectNear(await pngColour([profile, gamma(1)], green), plain);
    expectNear(await pngColour([codePoints(1, 13), profile], green), [51, 153, 51]);
  });

  test.each<[string, number, number, Rgb, Rgb]>([
    ["Display P3, green", 12, 13, [0.2, 0.6, 0.2], [0, 156, 27]],
    ["Display P3, brown", 12, 13, [0.6, 0.4, 0.3], [162, 99, 71]],
    ["BT.2020 with the curve of sRGB", 9, 13, [0.5, 0.5, 0.25], [130, 127, 49]],
    ["BT.709's curve", 1, 1, grey(100 / 199), grey(121)],
    ["gamma 2.8", 1, 5, grey(100 / 199), grey(106)],
    ["SMPTE 240M", 1, 7, grey(100 / 199), grey(141)],
    ["SMPTE 428 (cinema)", 1, 17, grey(100 / 199), grey(118)],
  ])("code points of %s", async (_what, primaries, transfer, stored, wanted) => {
    expectNear(await pngColour([codePoints(primaries, transfer)], stored, 16), wanted, 3);
  });
});

/** Stored value of 199ths → what Chromium shows of grey. */
const pqSeen = [
  [20, 3],
  [60, 44],
  [100, 133],
  [116, 189],
  [120, 202],
  [140, 241],
  [160, 255],
] as const;
const hlgSeen = [
  [20, 9],
  [60, 54],
  [100, 100],
  [120, 127],
  [150, 190],
  [170, 222],
  [199, 255],
] as const;

describe("high dynamic range is mapped to what a screen shows", () => {
  test.each(pqSeen)("PNG, PQ, grey %i/199 is %i", async (stored, wanted) => {
    expectNear(await pngColour([codePoints(9, 16)], grey(stored / 199), 16), grey(wanted), 3);
    expectNear(await pngColour([codePoints(1, 16)], grey(stored / 199), 16), grey(wanted), 3);
  });

  test.each(hlgSeen)("PNG, HLG, grey %i/199 is %i", async (stored, wanted) => {
    expectNear(await pngColour([codePoints(9, 18)], grey(stored / 199), 16), grey(wanted), 3);
  });

  test.each([
    [600, 100, 151],
    [600, 130, 244],
    [4_000, 120, 199],
    [4_000, 160, 236],
  ])("PNG, PQ with a peak of %i cd/m², grey %i/199 is %i", async (peak, stored, wanted) => {
    expectNear(await pngColour([codePoints(9, 16), contentLight(peak)], grey(stored / 199), 16), grey(wanted), 3);
  });

  test.each([
    ["PQ", 16, pqSeen],
    ["HLG", 18, hlgSeen],
  ] as const)("AVIF, %s", async (_name, transfer, seen) => {
    for (const [stored, wanted] of seen) {
      const bytes = await avifPicture({ value: () => grey(stored / 199), primaries: 9, transfer });
      const derivation = await deriveReady(await write(bytes));
      expect(derivation.contentType).toBe("image/avif");
      expectNear((await pixelsOf(derivation, write)).at(30, 30).slice(0, 3), grey(wanted), 5);
    }
  });
});

test.each([
  [16, 0],
  [128, 130],
  [235, 255],
])("AVIF, grey of video levels: %i is shown as %i, and of the whole range as it is", async (stored, wanted) => {
  for (const hasVideoLevels of [true, false]) {
    const bytes = await avifPicture({ value: () => grey(stored / 255), isGrey: true, hasVideoLevels });
    const seen = (await pixelsOf(await deriveReady(await write(bytes)), write)).at(30, 30).slice(0, 3);
    expectNear(seen, grey(hasVideoLevels ? wanted : stored), 3);
  }
});

test("AVIF of a wide gamut is converted, of sRGB it is as it was", async () => {
  const seen = async (primaries: number) => {
    const bytes = await avifPicture({ value: () => [0.2, 0.6, 0.2], primaries });
    return (await pixelsOf(await deriveReady(await write(bytes)), write)).at(30, 30).slice(0, 3);
  };
  expectNear(await seen(1), [51, 153, 51], 3);
  expectNear(await seen(12), [0, 156, 27], 6);
});
