import { describe, expect, test } from "vitest";
import { deriveFile } from "@/lib/derive/file/file";
import { arw, cr2, cr3, dng, nef, orf, type RawOptions, raf, rw2 } from "@/tests/support/formats/raw";
import { type Entry, tiffFile, tiffPicture } from "@/tests/support/formats/tiff";
import { picture, truncated } from "@/tests/support/pictures";
import { deriveReady, fileWriter, pixelsOf } from "./support";

const write = fileWriter();

const makers: [contentType: string, make: (options?: RawOptions) => Buffer, width: number, height: number][] = [
  ["image/x-nikon-nef", nef, 6_000, 4_000],
  ["image/x-adobe-dng", dng, 5_984, 3_992],
  ["image/x-sony-arw", arw, 6_000, 4_000],
  ["image/x-canon-cr2", cr2, 6_000, 4_000],
  ["image/x-panasonic-rw2", rw2, 6_000, 4_000],
  ["image/x-olympus-orf", orf, 6_000, 4_000],
  ["image/x-canon-cr3", cr3, 6_000, 4_000],
];

describe.each(makers)("%s is known by its content, whatever its name", (contentType, make, width, height) => {
  test("its embedded preview is shown, with the size of the picture", async () => {
    const bytes = make({ preview: await picture({ width: 720, height: 480 }) });
    const derivation = await deriveReady(await write(bytes, "scan.tif"));
    expect(derivation).toMatchObject({ contentType, width, height, warning: null });
    expect(derivation.displayNote).toMatch(/preview that the camera stored/);
    const seen = await pixelsOf(derivation, write);
    expect([seen.width, seen.height]).toEqual([720, 480]);
    expect(seen.at(700, 20)[2]).toBeGreaterThan(150); // the sky
  });

  test("turned as the camera was held", async () => {
    const bytes = make({ preview: await picture({ width: 720, height: 480 }), orientation: 6 });
    const derivation = await deriveReady(await write(bytes));
    expect(derivation).toMatchObject({ width: height, height: width });
    expect(await pixelsOf(derivation, write)).toMatchObject({ width: 480, height: 720 });
  });

  test("a preview that says itself how it is turned, or is upright already, is not turned twice", async () => {
    const itself = make({ preview: await picture({ width: 720, height: 480, orientation: 8 }), orientation: 8 });
    expect(await pixelsOf(await deriveReady(await write(itself)), write)).toMatchObject({ width: 480, height: 720 });
    const upright = await deriveReady(await write(make({ preview: await picture({ width: 480, height: 720 }) })));
    expect(upright).toMatchObject({ width: height, height: width });
  });

  test("without a preview it is kept: never its thumbnail as a TIFF picture", async () => {
    expect(await deriveFile(await write(make()))).toMatchObject({ state: "kept", contentType });
    const tiny = make({ preview: await picture({ width: 160, height: 106 }) });
    expect(await deriveFile(await write(tiny))).toMatchObject({ state: "kept", contentType });
  });
});

test("Fujifilm: its preview has the size of the picture", async () => {
  const derivation = await deriveReady(await write(raf({ preview: await picture({ width: 720, height: 480 }) })));
  expect(derivation).toMatchObject({ contentType: "image/x-fujifilm-raf", width: 720, height: 480 });
});

describe("a size that no picture has is not believed: the preview's own is shown", () => {
  const size = (width: number, height: number): Entry[] => [
    [256, "long", [width]],
    [257, "long", [height]],
  ];
  test.each<[what: string, entries: Entry[]]>([
    ["the largest number", size(2 ** 32 - 1, 2 ** 32 - 1)],
    ["one side too long", size(65_501, 100)],
    ["too many pixels", size(65_000, 65_000)],
    ["infinity", [[50_720, "double", [Number.POSITIVE_INFINITY, 100]]]],
    ["no number", [[50_720, "double", [Number.NaN, Number.NaN]]]],
    ["less than a pixel", [[50_720, "double", [0.4, 0.4]]]],
  ])("%s", async (_what, entries) => {
    const preview = await picture({ width: 720, height: 480 });
    const first: Entry[] = [[50_706, "byte", [1, 4, 0, 0]], [262, "short", [32_803]], ...entries];
    const bytes = tiffFile([{ entries: first, jpeg: preview }]);
    expect(await deriveReady(await write(bytes))).toMatchObject({ width: 720, height: 480 });
  });
});

test("the largest of several previews is shown, and the next one when it is damaged", async () => {
  const large = await picture({ width: 1_200, height: 800, seed: 2 });
  const medium = await picture({ width: 900, height: 600, seed: 3 });
  const both = (preview: Buffer) => nef({ preview: Buffer.concat([medium, preview]) });
  const found = await deriveReady(await write(nef({ preview: large })));
  expect((await pixelsOf(found, write)).width).toBe(1_200);
  // The maker's tag names the first one only, which is large enough.
  expect((await pixelsOf(await deriveReady(await write(both(large))), write)).width).toBe(900);
  const damaged = Buffer.concat([orf({ preview: large.subarray(0, 700) }), medium]);
  const next = await deriveReady(await write(damaged));
  expect((await pixelsOf(next, write)).width).toBe(900);
  expect(next.warning).toBeNull();
});

test("a cut raw file shows what is left of its preview", async () => {
  const preview = await picture({ width: 900, height: 600 });
  const bytes = nef({ preview });
  const cut = truncated(bytes, 1 - (preview.length * 0.3) / bytes.length);
  // The directories come last: a file cut there is known only by what it begins with.
  expect(await deriveFile(await write(cut))).toMatchObject({ state: "rejected", contentType: "image/tiff" });
  const whole = Buffer.from(bytes);
  const at = whole.indexOf("ffd8ff", 0, "hex");
  whole.fill(0, at + Math.floor(preview.length * 0.7), at + preview.length);
  expect((await deriveReady(await write(whole))).warning).not.toBeNull();
});

describe("a TIFF of a camera's maker is no raw file", () => {
  const make: Entry[] = [[271, "ascii", "NIKON CORPORATION"]];

  test("a picture developed from one", async () => {
    const bytes = tiffPicture({ photometric: 2, samples: 3, value: (x) => x * 4, extra: make });
    expect(await deriveReady(await write(bytes))).toMatchObject({ contentType: "image/tiff", width: 64, height: 48 });
  });

  test("a directory that lists itself, or lies beyond the end", async () => {
    for (const next of [8, 0x7fffffff]) {
      const bytes = tiffPicture({ value: (x) => x, extra: [...make, [330, "long", [next]]] });
      expect(await deriveReady(await write(bytes))).toMatchObject({ contentType: "image/tiff" });
    }
  });

  test("sensor data alone are kept", async () => {
    const bytes = tiffFile([
      {
        entries: [
          [256, "long", [64]],
          [257, "long", [48]],
          [262, "short", [32_803]],
        ],
        strips: [Buffer.alloc(99)],
      },
    ]);
    expect(await deriveFile(await write(bytes))).toMatchObject({ state: "kept", contentType: "image/x-dcraw" });
  });
});
