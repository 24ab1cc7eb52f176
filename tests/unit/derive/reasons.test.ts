import { describe, expect, test } from "vitest";
import { avifPicture, sequenceOf, withSequenceBrand } from "@/tests/support/formats/avif";
import { jpegHeader } from "@/tests/support/formats/jpeg";
import { type Entry, type PictureOptions, tiffFile, tiffPicture } from "@/tests/support/formats/tiff";
import { picture } from "@/tests/support/pictures";
import { deriveReady, fileWriter, pixelsOf, reasonOf } from "./support";

const write = fileWriter();

/** Changes the value of a tag that is stored in its entry. */
function withTag(bytes: Buffer, tag: number, value: number): Buffer {
  const changed = Buffer.from(bytes);
  const first = changed.readUInt32LE(4);
  for (let i = 0; i < changed.readUInt16LE(first); i++) {
    const at = first + 2 + i * 12;
    if (changed.readUInt16LE(at) === tag) changed.writeUInt32LE(value, at + 8);
  }
  return changed;
}

const small = (options: Partial<PictureOptions> = {}) =>
  tiffPicture({ width: 16, height: 16, value: (x) => x * 16, ...options });

describe("a decoder's lack is not damage: it is named", () => {
  test.each([
    [9, "JBIG"],
    [34_661, "JBIG"],
    [32_809, "ThunderScan"],
    [34_712, "JPEG 2000"],
    [34_887, "LERC"],
    [34_925, "LZMA"],
    [50_001, "WebP compression in TIFF"],
    [50_002, "JPEG XL"],
    [50_013, "compression method 50013"],
  ])("TIFF compression %i: %s", async (compression, name) => {
    const reason = await reasonOf(await write(withTag(small(), 259, compression)));
    expect(reason).toContain(`Atoll cannot decode ${name}`);
    expect(reason).toMatch(/stored as uploaded/);
    expect(reason).not.toMatch(/damaged/);
  });

  const rgb = { photometric: 2, samples: 3 } as const;
  test.each<[string, Buffer]>([
    ["complex numbers", small({ bits: 32, extra: [[339, "short", [6]]] })],
    ["complex numbers, or samples of different formats", small({ ...rgb, extra: [[339, "short", [1, 2, 3]]] })],
    ["33-bit unsigned samples", small({ bits: 33 })],
    ["48-bit float samples", withTag(small({ bits: 32, format: "float" }), 258, 48)],
    ["12-bit JPEG compression", withTag(small({ bits: 12 }), 259, 7)],
    ["JPEG compression of separate planes", withTag(small({ ...rgb, isPlanar: true, tileSide: 16 }), 259, 7)],
    ["separate YCbCr planes", small({ ...rgb, photometric: 6, isPlanar: true })],
    ["ITU L*a*b* colours", small({ ...rgb, photometric: 10 })],
    ["photometric interpretation 99", small({ photometric: 99 })],
    ["12-bit CIELab colours", small({ ...rgb, photometric: 8, bits: 12 })],
    ["fewer samples than colours", small({ photometric: 2, samples: 1 })],
    ["old-style JPEG in TIFF", withTag(small(), 259, 6)],
  ])("%s", async (feature, bytes) => {
    expect(await reasonOf(await write(bytes))).toContain(`Atoll cannot decode ${feature}`);
  });

  test.each([
    ["12-bit JPEG", 1, 12],
    ["lossless JPEG", 3, 16],
    ["hierarchical JPEG", 5, 8],
    ["arithmetic-coded JPEG", 9, 8],
  ])("%s", async (feature, process, precision) => {
    expect(await reasonOf(await write(jpegHeader(process, precision)))).toContain(`cannot decode ${feature}`);
  });

  test("a JPEG of 8 bits that ends is damaged", async () => {
    expect(await reasonOf(await write(jpegHeader(0, 8)))).toMatch(/incomplete or damaged/);
  });
});

const quarter = {
  width: 64,
  height: 64,
  value: (x: number, y: number) => [x < 32 ? 1 : 0, y < 32 ? 1 : 0, 0.5] as const,
};

describe("animated AVIF: its first frame", () => {
  test("with a still picture beside the sequence", async () => {
    const derivation = await deriveReady(await write(withSequenceBrand(await avifPicture(quarter))));
    expect(derivation).toMatchObject({ contentType: "image/avif", width: 64, height: 64, warning: null });
    expect((await pixelsOf(derivation, write)).at(50, 10)[1]).toBeGreaterThan(240);
  });

  test.each([
    ["a square", 64, 64],
    ["lying", 96, 48],
    ["standing", 32, 80],
  ])("a sequence alone: %s", async (_what, width, height) => {
    const still = await avifPicture({ ...quarter, width, height });
    const derivation = await deriveReady(await write(sequenceOf(still, { width, height })));
    expect(derivation).toMatchObject({ contentType: "image/avif", width, height });
    const { at } = await pixelsOf(derivation, write);
    expect(at(2, height - 3)[0]).toBeGreaterThan(240);
    expect(at(2, height - 3)[1]).toBeLessThan(15);
  });

  test("without a frame: said in words", async () => {
    const whole = sequenceOf(await avifPicture(quarter), { width: 64, height: 64 });
    const reason = await reasonOf(await write(whole.subarray(0, whole.indexOf("moov") - 4)));
    expect(reason).toContain("cannot decode animated AVIF without a still picture");
  });
});

describe("old-style JPEG in TIFF", () => {
  const entries = (width: number, height: number): Entry[] => [
    [256, "long", [width]],
    [257, "long", [height]],
    [258, "short", [8, 8, 8]],
    [259, "short", [6]],
    [262, "short", [6]],
    [277, "short", [3]],
    [278, "long", [height]],
  ];

  test("a whole JPEG is shown", async () => {
    const jpeg = await picture({ width: 80, height: 60 });
    const asStrip = tiffFile([{ entries: entries(80, 60), strips: [jpeg] }]);
    const asJpeg = tiffFile([{ entries: entries(80, 60), jpeg }]);
    for (const bytes of [asStrip, asJpeg]) {
      const derivation = await deriveReady(await write(bytes));
      expect(derivation).toMatchObject({ contentType: "image/tiff", width: 80, height: 60, warning: null });
      expect((await pixelsOf(derivation, write)).at(70, 3)[2]).toBeGreaterThan(150); // the sky
    }
  });

  test.each([
    ["a thumbnail of another size", async () => [await picture({ width: 40, height: 30 })]],
    ["pieces", async () => [await picture({ width: 80, height: 60 }), await picture({ width: 80, height: 60 })]],
    ["nothing", async () => [Buffer.alloc(40)]],
  ])("%s: the reason in words", async (_what, strips) => {
    const bytes = tiffFile([{ entries: entries(80, 60), strips: await strips() }]);
    expect(await reasonOf(await write(bytes))).toContain("cannot decode old-style JPEG in TIFF");
  });
});

test("of several pictures in a TIFF, the first that is no smaller version of another is shown", async () => {
  const of = (side: number, kind: number, grey: number) => ({
    entries: [
      [254, "long", [kind]],
      [256, "long", [side]],
      [257, "long", [side]],
      [258, "short", [8]],
      [262, "short", [1]],
      [278, "long", [side]],
    ] satisfies Entry[],
    strips: [Buffer.alloc(side * side, grey)],
  });
  const derivation = await deriveReady(await write(tiffFile([of(20, 1, 40), of(100, 0, 200), of(50, 0, 90)])));
  expect(derivation).toMatchObject({ width: 100, height: 100 });
  expect((await pixelsOf(derivation, write)).at(50, 50)[0]).toBe(200);
});
