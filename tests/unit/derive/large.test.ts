import { expect, test } from "vitest";
import { giantJpeg } from "@/tests/support/formats/jpeg";
import { pngBomb } from "@/tests/support/pictures";
import { deriveReady, fileWriter, pixelsOf, reasonOf } from "./support";

const write = fileWriter();

// 200 megapixels decode in two seconds; the memory they take is watched by `npm run bench -- decoder`.
test.each([
  [12_000, 9_000],
  [16_320, 12_240],
])("a phone's JPEG of %i × %i has previews: it is shrunk while it is read", async (width, height) => {
  const derivation = await deriveReady(await write(giantJpeg(width, height)));
  expect(derivation).toMatchObject({ width, height, warning: null });
  const { at, width: seen } = await pixelsOf(derivation, write);
  expect(seen).toBe(1_600);
  expect([at(20, 700)[0], at(1_580, 700)[0]]).toEqual([0, 255]);
});

test.each([
  ["a JPEG beyond any sensor", giantJpeg(20_000, 10_001).subarray(0, 4_096), /200,020,000|201 megapixels.*up to 200/],
  ["a PNG, which is decoded whole", pngBomb(10_001, 10_000), /up to 100 megapixels/],
])("%s is too large", async (_what, bytes, reason) => {
  expect(await reasonOf(await write(bytes))).toMatch(reason);
});
