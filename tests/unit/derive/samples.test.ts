import { describe, expect, test, vi } from "vitest";
import { type PictureOptions, tiffPicture } from "@/tests/support/formats/tiff";
import { deriveReady, fileWriter, pixelsOf } from "./support";

const write = fileWriter();

async function shown(options: PictureOptions) {
  const derivation = await deriveReady(await write(tiffPicture(options)));
  return { derivation, ...(await pixelsOf(derivation, write)) };
}

/** Expects a picture 64 wide that grows evenly from black to white, or shrinks. */
async function expectRamp(options: PictureOptions, { isFalling = false, tolerance = 4 } = {}) {
  const { at } = await shown(options);
  const seen = [0, 16, 32, 48, 63].map((x) => at(x, 20)[0]);
  for (const [i, x] of [0, 16, 32, 48, 63].entries()) {
    const wanted = (255 * (isFalling ? 63 - x : x)) / 63;
    expect(Math.abs((seen[i] ?? -1) - wanted), `saw ${seen}`).toBeLessThanOrEqual(tolerance);
  }
}

/** A ramp over the full range of a format. The highest numbers of 64 bits are none of JavaScript's. */
function ramp(format: PictureOptions["format"], bits: number): PictureOptions["value"] {
  if (format === "float") return (x) => x / 63;
  const [low, size] = [format === "signed" ? -(2 ** (bits - 1)) : 0, 2 ** bits - (bits === 64 ? 4_096 : 1)];
  return (x) => low + (size * x) / 63;
}

describe("the samples of a TIFF are mapped by their format", () => {
  test.each([
    ["unsigned", 2],
    ["unsigned", 3],
    ["unsigned", 6],
    ["unsigned", 8],
    ["unsigned", 10],
    ["unsigned", 12],
    ["unsigned", 14],
    ["unsigned", 16],
    ["unsigned", 24],
    ["unsigned", 32],
    ["unsigned", 64],
    ["signed", 8],
    ["signed", 12],
    ["signed", 16],
    ["signed", 32],
    ["signed", 64],
    ["float", 16],
    ["float", 32],
    ["float", 64],
  ] as const)("%s, %i bits", async (format, bits) => {
    const tolerance = Math.max(4, bits < 8 ? 255 / (2 ** bits - 1) / 2 + 1 : 0);
    await expectRamp({ format, bits, value: ramp(format, bits) }, { tolerance });
    await expectRamp({ format, bits, value: ramp(format, bits), isBigEndian: true }, { tolerance });
  });

  test.each([
    ["unsigned", 12, "deflate", 2],
    ["unsigned", 16, "packbits", 1],
    ["unsigned", 32, "deflate", 2],
    ["signed", 16, "zstd", 1],
    ["signed", 16, "zstd", 2],
    ["float", 16, "deflate", 3],
    ["float", 32, "deflate", 3],
    ["float", 32, "packbits", 2],
    ["float", 64, "deflate", 3],
  ] as const)("%s, %i bits, %s, predictor %i", async (format, bits, compression, predictor) => {
    await expectRamp({ format, bits, value: ramp(format, bits), compression, predictor });
    await expectRamp({ format, bits, value: ramp(format, bits), compression, predictor, tileSide: 32 });
  });

  test.each([
    ["none", 16, 45],
    ["deflate", 12, 45],
    ["deflate", 16, 2_000],
    ["packbits", 12, 45],
    ["zstd", 16, 45],
  ] as const)("%s, %i bits, whose last strip is filled up to %i rows: no damage", async (compression, bits, rows) => {
    const options = { bits, compression, rowsPerStrip: rows, fillsLastStrip: true, value: ramp("signed", bits) };
    await expectRamp({ ...options, format: "signed" });
    expect((await shown({ ...options, format: "signed" })).derivation.warning).toBeNull();
  });

  test.each([1, 8, 12, 16])("white is zero, %i bits", async (bits) => {
    if (bits > 1) await expectRamp({ bits, photometric: 0, value: ramp("unsigned", bits) }, { isFalling: true });
    else expect((await shown({ bits, photometric: 0, value: () => 0 })).at(9, 9)[0]).toBe(255);
  });

  test.each([
    ["in planes", { isPlanar: true }],
    ["in tiles", { tileSide: 16 }],
    ["in planes of tiles", { isPlanar: true, tileSide: 16 }],
    ["of 4 bits", { bits: 4 }],
    ["of 12 bits", { bits: 12 }],
    ["of 16 bits", { bits: 16 }],
    ["of 16 bits in planes of tiles", { bits: 16, isPlanar: true, tileSide: 16 }],
  ] as const)("RGB %s", async (_how, how) => {
    const { bits = 8 } = how as { bits?: number };
    const most = 2 ** bits - 1;
    const { at } = await shown({
      ...how,
      bits,
      photometric: 2,
      samples: 3,
      value: (_x, _y, c) => [most, 0, most / 3][c] ?? 0,
    });
    expect(at(40, 30)).toEqual([255, 0, 85, 255]);
  });

  test.each([16, 32])("RGB in floating point of %i bits is light", async (bits) => {
    const { at, derivation } = await shown({
      bits,
      format: "float",
      photometric: 2,
      samples: 3,
      value: (x, _y, c) => (x < 32 ? ([1, 0, 0.5][c] ?? 0) : 1),
    });
    expect(at(10, 10)).toEqual([255, 0, 188, 255]); // half of the light is 188 of sRGB
    expect(derivation.displayNote).toBeNull();
  });

  test.each([4, 8, 16])("a palette of %i bits", async (bits) => {
    const entries = 2 ** bits;
    const colours = Array.from({ length: entries * 3 }, (_, i) =>
      i < entries ? 65_535 : i < entries * 2 ? 0 : 32_896,
    );
    const { at } = await shown({ bits, photometric: 3, value: () => 5, extra: [[320, "short", colours]] });
    expect(at(9, 9)).toEqual([255, 0, 128, 255]);
  });

  test("a palette whose colours have 8 bits", async () => {
    const colours = Array.from({ length: 768 }, (_, i) => (i < 256 ? 255 : i < 512 ? 0 : 128));
    const { at } = await shown({ bits: 16, photometric: 3, value: () => 5, extra: [[320, "short", colours]] });
    expect(at(9, 9)).toEqual([255, 0, 128, 255]);
  });

  test.each([8, 16])("CIELab of %i bits", async (bits) => {
    const unit = bits === 16 ? 256 : 1;
    const most = 2 ** bits - 1;
    // Red of sRGB: L* 54.3, a* 80.8, b* 69.9 with the white D50.
    const { at } = await shown({
      bits,
      photometric: 8,
      samples: 3,
      value: (_x, _y, c) => [0.543 * most, 80.8 * unit, 69.9 * unit][c] ?? 0,
    });
    const [red, green, blue] = at(9, 9);
    expect(red).toBeGreaterThan(250);
    expect(Math.max(green, blue)).toBeLessThan(20);
  });
});

describe("numbers in a narrow range are stretched, and that is told", () => {
  test.each([
    ["temperatures in 16 bits", { bits: 16, value: (x: number) => 28_000 + x * 11 }],
    ["12 bits in 16", { bits: 16, value: (x: number) => x * 64 }],
    ["depths, signed", { bits: 16, format: "signed", value: (x: number) => -900 + x * 3 }],
    ["heights in floating point", { bits: 32, format: "float", value: (x: number) => 1_210.5 + x * 0.25 }],
    ["classes in 32 bits", { bits: 32, value: (x: number) => x }],
    ["small steps of large numbers", { bits: 32, value: (x: number) => 4_000_000_000 + x }],
    ["white is zero", { bits: 16, photometric: 0, value: (x: number) => 40_000 - x * 5 }],
  ] as const)("%s", async (_what, options) => {
    await expectRamp(options as PictureOptions, { tolerance: 8 });
    const { derivation } = await shown(options as PictureOptions);
    expect(derivation.displayNote).toMatch(
      /^Brightness is stretched: values from .* to .* are shown from black to white\.$/,
    );
    expect(derivation.warning).toBeNull();
  });

  test("a usual picture of 16 bits is not stretched", async () => {
    const { derivation, at } = await shown({ bits: 16, value: (x) => 20_000 + x * 400 });
    expect(derivation.displayNote).toBeNull();
    expect(at(0, 0)[0]).toBe(78);
  });

  test("a dark picture in colour is not stretched, one that would be black is", async () => {
    const dark = await shown({ bits: 16, photometric: 2, samples: 3, value: (x) => x * 300 });
    expect(dark.derivation.displayNote).toBeNull();
    const black = await shown({ bits: 16, photometric: 2, samples: 3, value: (x) => x * 16 });
    expect(black.derivation.displayNote).toMatch(/stretched/);
  });

  test.each([
    ["NaN", Number.NaN, 0],
    ["what GDAL says is no data", -9_999, 0],
    ["infinity", Number.POSITIVE_INFINITY, 255],
  ])("points of %s do not decide the range", async (_what, absent, alpha) => {
    const { at, derivation } = await shown({
      bits: 32,
      format: "float",
      value: (x, y) => (y < 8 ? absent : 100 + x),
      extra: [[42_113, "ascii", "-9999"]],
    });
    expect(derivation.displayNote).toMatch(/from 10\d to 16\d /);
    expect(at(0, 30)[0]).toBeLessThan(10);
    expect(at(63, 30)[0]).toBeGreaterThan(245);
    expect(at(5, 3)[3]).toBe(alpha);
  });

  test.each<[what: string, absent: number, options: PictureOptions]>([
    ["65535 of 16 bits", 65_535, { bits: 16, value: (x, y) => (y < 8 ? 65_535 : 200 + x * 6) }],
    ["0 of 16 bits", 0, { bits: 16, value: (x, y) => (y < 8 ? 0 : 20_200 + x * 6) }],
    ["255 of 8 bits", 255, { bits: 8, value: (x, y) => (y < 8 ? 255 : x * 4) }],
    ["0 of 16 bits, white is zero", 0, { bits: 16, photometric: 0, value: (x, y) => (y < 8 ? 0 : 40_000 - x * 6) }],
    ["255 of RGB", 255, { photometric: 2, samples: 3, value: (x, y) => (y < 8 ? 255 : x * 4) }],
    ["65535 of 16 bits in tiles", 65_535, { bits: 16, tileSide: 16, value: (x, y) => (y < 8 ? 65_535 : 200 + x * 6) }],
  ])("whole numbers that GDAL says are no data are transparent: %s", async (_what, absent, options) => {
    const { at } = await shown({ ...options, extra: [[42_113, "ascii", `${absent}`]] });
    expect(at(5, 3)[3]).toBe(0);
    expect(at(0, 30)[0]).toBeLessThan(10);
    expect(at(63, 30)[0]).toBeGreaterThan(245);
    for (const x of [0, 20, 40, 63]) expect(at(x, 30)[3]).toBe(255);
  });

  test("a colour is data unless all of it says it is none, and so is alpha", async () => {
    const extra: PictureOptions["extra"] = [[42_113, "ascii", "255"]];
    const value = (x: number, _y: number, c: number) => (c === 0 || x < 32 ? 255 : 40);
    const rgb = await shown({ photometric: 2, samples: 3, value, extra });
    expect([rgb.at(10, 9)[3], rgb.at(50, 9)]).toEqual([0, [255, 40, 40, 255]]);
    const grey = await shown({
      samples: 2,
      value: (x, _y, c) => (c === 1 || x < 32 ? 255 : 40),
      extra: [...extra, [338, "short", [2]]],
    });
    expect([grey.at(10, 9)[3], grey.at(50, 9)]).toEqual([0, [40, 40, 40, 255]]);
  });

  test.each([
    ["zeros", 0, 0],
    ["ones", 1, 255],
    ["a number beyond white", 300.5, 128],
  ])("a picture of %s alone", async (_what, value, grey) => {
    const { at } = await shown({ bits: 32, format: "float", value: () => value });
    expect(Math.abs(at(9, 9)[0] - grey)).toBeLessThanOrEqual(1);
  });
});

describe("samples beyond the colours", () => {
  test.each([2, 5, 8, 200])("of %i bands the first is shown", async (samples) => {
    await expectRamp({
      samples,
      value: (x, _y, c) => (c === 0 ? (x * 255) / 63 : 17),
      extra: [[338, "short", Array.from({ length: samples - 1 }, () => 0)]],
    });
  });

  test("a fourth band beside RGB is no alpha unless it says so", async () => {
    const value = (_x: number, _y: number, c: number) => (c === 3 ? 0 : 200);
    const options = { photometric: 2, samples: 4, value };
    expect((await shown({ ...options, extra: [[338, "short", [0]]] })).at(9, 9)).toEqual([200, 200, 200, 255]);
    expect((await shown({ ...options, extra: [[338, "short", [2]]] })).at(9, 9)[3]).toBe(0);
  });

  test("premultiplied alpha is undone", async () => {
    const value = (_x: number, _y: number, c: number) => (c === 3 ? 128 : 100);
    const { at } = await shown({ photometric: 2, samples: 4, value, extra: [[338, "short", [1]]] });
    expect(at(9, 9)).toEqual([199, 199, 199, 128]);
  });
});

test("large pictures are averaged while they are read: points of a fine pattern keep their brightness", async () => {
  const bytes = tiffPicture({ width: 3_300, height: 40, bits: 12, value: (x, y) => ((x + y) % 2) * 4_095 });
  const { width, at, derivation } = await (async () => {
    const ready = await deriveReady(await write(bytes));
    return { derivation: ready, ...(await pixelsOf(ready, write)) };
  })();
  expect(width).toBe(1_600);
  expect(derivation).toMatchObject({ width: 3_300, height: 40 });
  for (const x of [0, 400, 801, 1_599]) expect(Math.abs(at(x, 9)[0] - 128)).toBeLessThan(12);
});

test("a strip of Zstandard is not turned into text meanwhile", async () => {
  const join = vi.spyOn(Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array, "join");
  await shown({ compression: "zstd", value: (x) => x });
  expect(join).not.toHaveBeenCalled();
  join.mockRestore();
});
