import { describe, expect, test } from "vitest";
import { deriveFile } from "@/lib/derive/file/file";
import {
  animatedPicture,
  cmykJpeg,
  deepPicture,
  notPictures,
  type Orientation,
  orientedPicture,
  type PictureFormat,
  picture,
  pngBomb,
  quarters,
  translucentPicture,
  wideGamutPicture,
} from "@/tests/support/pictures";
import { colourAt, deriveReady, dimensions, fileWriter } from "./support";

const write = fileWriter();
const formats: PictureFormat[] = ["jpeg", "png", "webp", "gif", "tiff", "avif"];

function expectColour(seen: number[], wanted: readonly number[], tolerance = 14) {
  const off = wanted.map((value, i) => Math.abs(value - (seen[i] ?? -1_000)));
  expect(Math.max(...off), `saw ${seen}, wanted ${wanted}`).toBeLessThanOrEqual(tolerance);
}

describe("good pictures", () => {
  test.each(formats)("%s: three sizes, dimensions and type", async (format) => {
    const derivation = await deriveReady(await write(await picture({ width: 2000, height: 1500, format })));
    expect(derivation).toMatchObject({ contentType: `image/${format}`, width: 2000, height: 1500 });
    expect(await dimensions(derivation, write)).toEqual({
      1600: "1600x1200 webp",
      800: "800x600 webp",
      200: "200x150 webp",
    });
  });

  test("a small one is never enlarged", async () => {
    const derivation = await deriveReady(await write(await picture({ width: 300, height: 150 })));
    expect(await dimensions(derivation, write)).toEqual({
      1600: "300x150 webp",
      800: "300x150 webp",
      200: "200x100 webp",
    });
  });

  test.each([
    [1, 1, ["1x1", "1x1", "1x1"]],
    [20_000, 1, ["1600x1", "800x1", "200x1"]],
    [1, 3_000, ["1x1600", "1x800", "1x200"]],
  ])("%i × %i has no side of nothing", async (width, height, wanted) => {
    const derivation = await deriveReady(await write(await picture({ width, height, format: "png" })));
    expect(derivation).toMatchObject({ width, height });
    const seen = await dimensions(derivation, write);
    expect([seen[1600], seen[800], seen[200]]).toEqual(wanted.map((size) => `${size} webp`));
  });

  describe.each(["jpeg", "png", "webp", "tiff"] as const)("orientation in %s", (format) => {
    test.each([1, 2, 3, 4, 5, 6, 7, 8] satisfies Orientation[])("%i is shown upright", async (orientation) => {
      const derivation = await deriveReady(await write(await orientedPicture(orientation, format)));
      expect(derivation).toMatchObject({ width: 320, height: 240 });
      for (const size of [200, 1600]) {
        expectColour(await colourAt(derivation, { x: 0.2, y: 0.2, size }, write), quarters.topLeft);
        expectColour(await colourAt(derivation, { x: 0.8, y: 0.2, size }, write), quarters.topRight);
        expectColour(await colourAt(derivation, { x: 0.2, y: 0.8, size }, write), quarters.bottomLeft);
        expectColour(await colourAt(derivation, { x: 0.8, y: 0.8, size }, write), quarters.bottomRight);
      }
    });
  });

  test.each(["gif", "webp"] as const)("animated %s: its first frame", async (format) => {
    const bytes = await animatedPicture(format, [
      [200, 20, 20],
      [20, 200, 20],
      [20, 20, 200],
    ]);
    const derivation = await deriveReady(await write(bytes));
    expect(derivation).toMatchObject({ width: 64, height: 64 });
    expectColour(await colourAt(derivation, { x: 0.5, y: 0.5 }, write), [200, 20, 20]);
  });

  test("CMYK becomes sRGB", async () => {
    const derivation = await deriveReady(await write(await cmykJpeg()));
    const sky = await colourAt(derivation, { x: 0.95, y: 0.03 }, write);
    expect(sky).toHaveLength(3);
    expectColour(sky, [75, 122, 205], 60);
  });

  test.each(["png", "tiff"] as const)("16 bits a channel in %s", async (format) => {
    const derivation = await deriveReady(await write(await deepPicture(format)));
    expectColour(await colourAt(derivation, { x: 0.95, y: 0.05 }, write), [77, 124, 210], 40);
  });

  test("a picture in Display P3 becomes sRGB", async () => {
    const derivation = await deriveReady(await write(await wideGamutPicture()));
    expectColour(await colourAt(derivation, { x: 0.5, y: 0.5 }, write), [0, 255, 0], 25);
  });

  test("transparency stays", async () => {
    const derivation = await deriveReady(await write(await translucentPicture()));
    const [, , , alpha = 0] = await colourAt(derivation, { x: 0.5, y: 0.5 }, write);
    expect(alpha).toBeGreaterThan(110);
    expect(alpha).toBeLessThan(146);
  });

  test("the name does not decide: a PNG called .jpg, a JPEG called .txt", async () => {
    const png = await write(await picture({ format: "png" }), "x.jpg");
    const jpeg = await write(await picture(), "x.txt");
    expect(await deriveFile(png)).toMatchObject({ state: "ready", contentType: "image/png" });
    expect(await deriveFile(jpeg)).toMatchObject({ state: "ready", contentType: "image/jpeg" });
  });

  test("data appended to a picture does not reach the derivatives", async () => {
    const script = Buffer.from("<script>alert('polyglot')</script>");
    const derivation = await deriveReady(await write(Buffer.concat([await picture(), script])));
    expect(derivation.contentType).toBe("image/jpeg");
    for (const { bytes } of derivation.derivatives) expect(Buffer.from(bytes).includes("polyglot")).toBe(false);
  });

  test("derivatives carry neither position nor date", async () => {
    const bytes = await picture({ takenAt: "2024-05-17T09:30:00", position: { latitude: 10, longitude: 20 } });
    const derivation = await deriveReady(await write(bytes));
    for (const derivative of derivation.derivatives) {
      expect(Buffer.from(derivative.bytes).includes("EXIF")).toBe(false);
    }
  });
});

describe("bad pictures are rejected with a reason", () => {
  test.each([
    ["JPEG", "image/jpeg", Buffer.from("ffd8ffe000104a46", "hex")],
    ["PNG", "image/png", pngBomb(10, 10).subarray(0, 20)],
    ["GIF", "image/gif", Buffer.from("GIF89a=1;alert(1)//")],
    ["WebP", "image/webp", Buffer.from("RIFF\x10\0\0\0WEBPVP8 ")],
    ["TIFF", "image/tiff", Buffer.from("II*\0\x08\0\0\0")],
  ])("only the first bytes of a %s", async (name, contentType, bytes) => {
    const derivation = await deriveFile(await write(bytes));
    expect(derivation).toMatchObject({ state: "rejected", contentType });
    expect(derivation).toHaveProperty("reason", expect.stringContaining(name));
  });

  test("a PNG of 60,000 × 60,000 pixels is rejected by its header", async () => {
    const derivation = await deriveFile(await write(pngBomb(60_000, 60_000)));
    expect(derivation).toMatchObject({ state: "rejected", contentType: "image/png" });
    expect(derivation).toHaveProperty("reason", expect.stringMatching(/60,000 × 60,000 .*up to 100 megapixels/));
  });

  test.each([
    [0, 100],
    [0x7fffffff, 0x7fffffff],
    [0xffffffff, 1],
  ])("a PNG header of %i × %i", async (width, height) => {
    expect(await deriveFile(await write(pngBomb(width, height)))).toMatchObject({ state: "rejected" });
  });

  test("a PNG with a header only", async () => {
    expect(await deriveFile(await write(pngBomb(100, 100)))).toMatchObject({ state: "rejected" });
  });
});

describe("everything else is kept", () => {
  test.each([
    ["html", "text/plain"],
    ["svg", "text/plain"],
    ["xml", "text/plain"],
    ["text", "text/plain"],
    ["csv", "text/plain"],
    ["pdf", "application/pdf"],
    ["noise", "application/octet-stream"],
  ] as const)("%s called .jpg is %s", async (kind, contentType) => {
    expect(await deriveFile(await write(notPictures[kind], "x.jpg"))).toMatchObject({ state: "kept", contentType });
  });

  test.each([
    ["one byte", Buffer.from([0]), "application/octet-stream"],
    ["one letter", Buffer.from("a"), "text/plain"],
    ["text cut inside a character", Buffer.alloc(4_097, "é"), "text/plain"],
    ["latin-1", Buffer.from("caf\xe9 au lait", "latin1"), "application/octet-stream"],
    ["a ZIP", Buffer.from("504b0506000000000000000000000000000000000000", "hex"), "application/zip"],
  ])("%s", async (_what, bytes, contentType) => {
    expect(await deriveFile(await write(bytes))).toMatchObject({ state: "kept", contentType });
  });
});
