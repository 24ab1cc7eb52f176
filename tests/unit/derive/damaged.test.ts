import sharp from "sharp";
import { describe, expect, test, vi } from "vitest";
import { withFileBytes } from "@/lib/derive/bytes/bytes";
import { salvagePng } from "@/lib/derive/png/salvage";
import { pngFile } from "@/tests/support/formats/png";
import { tiffPicture } from "@/tests/support/formats/tiff";
import { zeroPng } from "@/tests/support/hostile/png";
import { headerAlone, type PictureFormat, picture, truncated } from "@/tests/support/pictures";
import { deriveReady, fileWriter, pixelsOf, reasonOf } from "./support";

const write = fileWriter();
const [width, height] = [400, 300];

/** Returns how much of the picture is shown, from its top, and whether that equals the sound picture. */
async function shownShare(
  bytes: Buffer,
  sound: Buffer,
): Promise<{ share: number; isEqual: boolean; warning: string | null }> {
  const derivation = await deriveReady(await write(bytes));
  expect(derivation).toMatchObject({ width, height });
  const seen = await pixelsOf(derivation, write);
  const wanted = await pixelsOf(await deriveReady(await write(sound)), write);
  let rows = 0;
  while (rows < height && seen.at(width / 2, rows)[3] === 255) rows++;
  const isNear = (x: number, y: number) =>
    seen.at(x, y).every((value, i) => i === 3 || Math.abs(value - (wanted.at(x, y)[i] ?? -99)) < 30);
  const isEqual = [5, rows >> 2, rows >> 1].every((y) => isNear(30, y) && isNear(200, y) && isNear(370, y));
  return { share: rows / height, isEqual, warning: derivation.warning };
}

describe("a damaged picture shows what is left, with a warning", () => {
  test.each<[PictureFormat, number]>([
    ["jpeg", 0.9],
    ["jpeg", 0.5],
    ["jpeg", 0.15],
    ["png", 0.9],
    ["png", 0.5],
    ["png", 0.15],
    ["webp", 0.9],
    ["webp", 0.5],
    ["gif", 0.9],
    ["gif", 0.5],
  ])("%s cut at %f", async (format, cut) => {
    const sound = await picture({ width, height, format });
    const { share, isEqual, warning } = await shownShare(truncated(sound, cut), sound);
    expect(warning).toMatch(/incomplete or damaged.*only what could be read is shown/);
    expect(isEqual).toBe(true);
    expect(share).toBeGreaterThan(cut * 0.6);
    expect(share).toBeLessThanOrEqual(cut + 0.12);
  });

  test.each([0.9, 0.5])("lossless webp cut at %f", async (cut) => {
    const raw = await sharp(await pixels(), { raw: { width, height, channels: 3 } })
      .webp({ lossless: true })
      .toBuffer();
    expect(await shownShare(truncated(raw, cut), raw)).toMatchObject({ isEqual: true, warning: expect.any(String) });
  });

  test.each([0.95, 0.5, 0.3])("a progressive JPEG cut at %f is shown with less detail", async (cut) => {
    const sound = await sharp(await pixels(), { raw: { width, height, channels: 3 } })
      .jpeg({ progressive: true })
      .toBuffer();
    const { share, warning } = await shownShare(truncated(sound, cut), sound);
    expect(share).toBe(1);
    expect(warning).not.toBeNull();
  });

  test.each([0.5, 0.7, 0.9])(
    "a progressive JPEG with a marker of no length at %f, where the decoder gives up",
    async (at) => {
      const sound = await sharp(await pixels(), { raw: { width, height, channels: 3 } })
        .jpeg({ progressive: true })
        .toBuffer();
      const wrong = Buffer.from(sound);
      wrong.set([0xff, 0xc4, 0, 0], Math.floor(sound.length * at));
      const { share, warning } = await shownShare(wrong, sound);
      expect(share).toBe(1);
      expect(warning).not.toBeNull();
    },
  );

  test.each([0.5, 0.7])("a PNG with wrong bytes at %f", async (at) => {
    const sound = await picture({ width, height, format: "png" });
    const { share, isEqual, warning } = await shownShare(withWrongBytes(sound, at), sound);
    expect(warning).not.toBeNull();
    expect(isEqual).toBe(true);
    expect(share).toBeLessThan(1);
  });

  test("a PNG whose checksums alone are wrong is shown whole", async () => {
    const sound = pngFile({ width, height, value: (x, y) => [x / width, y / height, 0.5] });
    const wrong = Buffer.from(sound);
    const at = wrong.indexOf("IEND") - 8; // the checksum of the last piece of pixels
    wrong.writeUInt32BE(~wrong.readUInt32BE(at) >>> 0, at);
    expect(await shownShare(wrong, sound)).toMatchObject({ share: 1, isEqual: true, warning: expect.any(String) });
  });

  test("an interlaced PNG, too", async () => {
    const sound = await sharp(await pixels(), { raw: { width, height, channels: 3 } })
      .png({ progressive: true })
      .toBuffer();
    const wrong = Buffer.from(sound);
    const at = wrong.indexOf("IEND") - 8;
    wrong.writeUInt32BE(~wrong.readUInt32BE(at) >>> 0, at);
    expect(await shownShare(wrong, sound)).toMatchObject({ share: 1, isEqual: true, warning: expect.any(String) });
  });

  test.each([
    ["strips", {}],
    ["tiles", { tileSide: 64 }],
    ["strips of 16 bits", { bits: 16 }],
  ])("a TIFF with damaged %s", async (_what, options) => {
    const most = 2 ** (("bits" in options ? options.bits : undefined) ?? 8) - 1;
    const value = (x: number, y: number, c: number) => most * ([x / width, y / height][c] ?? 0.5);
    const sound = tiffPicture({ width, height, photometric: 2, samples: 3, compression: "deflate", value, ...options });
    const wrong = Buffer.from(sound);
    wrong.fill(0xff, Math.floor(wrong.length * 0.55), Math.floor(wrong.length * 0.65));
    const derivation = await deriveReady(await write(wrong));
    expect(derivation.warning).not.toBeNull();
    const { at } = await pixelsOf(derivation, write);
    expect(at(200, 20)).toEqual((await pixelsOf(await deriveReady(await write(sound)), write)).at(200, 20));
    // What is missing is transparent, not black.
    const rows = Array.from({ length: height }, (_, y) => at(380, y)[3]);
    expect(rows.filter((alpha) => alpha === 0).length).toBeGreaterThan(10);
  });

  test.each([
    ["grey", { photometric: 1, samples: 1 }],
    ["in floating point", { bits: 32, format: "float", photometric: 1, samples: 1 }],
    ["in planes", { photometric: 2, samples: 3, isPlanar: true }],
  ] as const)("a TIFF %s whose strips end early", async (_what, options) => {
    const sound = tiffPicture({ width, height, value: (x) => x / width, ...options });
    // Where strips come first in the file, cutting would lose the tags: the last strips are said to lie beyond the end.
    const wrong = Buffer.from(sound);
    const first = wrong.readUInt32LE(4);
    for (let i = 0; i < wrong.readUInt16LE(first); i++) {
      const entry = first + 2 + i * 12;
      if (wrong.readUInt16LE(entry) !== 273) continue;
      const count = wrong.readUInt32LE(entry + 4);
      for (let k = Math.floor(count * 0.7); k < count; k++)
        wrong.writeUInt32LE(0x7fff0000, wrong.readUInt32LE(entry + 8) + k * 4);
    }
    expect((await deriveReady(await write(wrong))).warning).not.toBeNull();
  });
});

describe("a sound picture has no warning", () => {
  test.each<PictureFormat>(["jpeg", "png", "webp", "gif", "tiff", "avif"])("%s", async (format) => {
    expect((await deriveReady(await write(await picture({ format })))).warning).toBeNull();
  });

  test.each([
    [
      "between the segments",
      (jpeg: Buffer) => Buffer.concat([jpeg.subarray(0, 20), Buffer.alloc(14), jpeg.subarray(20)]),
    ],
    ["before the end", (jpeg: Buffer) => Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(9), jpeg.subarray(-2)])],
    ["after the end", (jpeg: Buffer) => Buffer.concat([jpeg, Buffer.alloc(5_000, 7)])],
  ])("a JPEG with a few bytes %s", async (_where, change) => {
    expect((await deriveReady(await write(change(await picture())))).warning).toBeNull();
  });
});

describe("a picture of which nothing is left is rejected", () => {
  test.each<PictureFormat>(["jpeg", "png", "webp", "gif", "tiff", "avif"])("the header of a %s", async (format) => {
    const sound = await picture({ width, height, format });
    expect(await reasonOf(await write(headerAlone(sound)))).toMatch(/incomplete or damaged/);
  });

  test.each<PictureFormat>(["tiff", "avif"])("%s, whose parts are found by its end", async (format) => {
    const sound = await picture({ width, height, format });
    expect(await reasonOf(await write(truncated(sound)))).toMatch(/incomplete or damaged/);
  });

  test("an interlaced PNG that was cut: its rows are spread", async () => {
    const sound = await sharp(await pixels(), { raw: { width, height, channels: 3 } })
      .png({ progressive: true })
      .toBuffer();
    expect(await reasonOf(await write(truncated(sound, 0.7)))).toMatch(/incomplete or damaged/);
  });
});

async function pixels(): Promise<Buffer> {
  return sharp(await write(await picture({ width, height, format: "png" })))
    .raw()
    .toBuffer();
}

function withWrongBytes(bytes: Buffer, at: number): Buffer {
  const wrong = Buffer.from(bytes);
  const start = Math.floor(bytes.length * at);
  for (let i = start; i < start + 24; i++) wrong[i] = (wrong[i] ?? 0) ^ 0x5a;
  return wrong;
}

test("a picture of one colour is not taken for what is left of another, because its decoder warns of something harmless", async () => {
  const plain = await sharp({ create: { width, height, channels: 3, background: "#2040c0" } })
    .jpeg()
    .toBuffer();
  // A few bytes between segments: "extraneous bytes before marker".
  const bytes = Buffer.concat([plain.subarray(0, 20), Buffer.alloc(4, 1), plain.subarray(20)]);
  expect(await deriveReady(await write(bytes))).toMatchObject({ width, height, warning: null });
});

test("rows that arrive in many pieces are copied once", async () => {
  const header = { width: 20_000, height: 40, depth: 16, colourType: 6 } as const;
  const filePath = await write(truncated(zeroPng(header), 0.9));
  const concat = vi.spyOn(Buffer, "concat");
  const rows = await withFileBytes(filePath, (bytes) => salvagePng(bytes, `${filePath}.salvaged`));
  const copiedBytes = concat.mock.results.reduce((sum, { value }) => sum + (value as Buffer).length, 0);
  concat.mockRestore();
  expect(rows).toBeGreaterThan(20);
  expect(copiedBytes).toBeLessThan(header.width * header.height * 8);
});
