import fc from "fast-check";
import { expect, test } from "vitest";
import { deriveFile } from "@/lib/derive/file/file";
import { decodeLzw } from "@/lib/derive/tiff/lzw";
import { avifPicture, sequenceOf } from "@/tests/support/formats/avif";
import { gamma, pngFile } from "@/tests/support/formats/png";
import { cr3, dng, nef } from "@/tests/support/formats/raw";
import { tiffPicture } from "@/tests/support/formats/tiff";
import { picture } from "@/tests/support/pictures";
import { fileWriter } from "./support";

const write = fileWriter();
const small = { width: 24, height: 16 } as const;
const colour = (x: number, y: number) => [x / 24, y / 16, 0.5] as const;

const makers: [what: string, make: () => Buffer | Promise<Buffer>][] = [
  [
    "TIFF in floating point",
    () => tiffPicture({ ...small, bits: 32, format: "float", compression: "deflate", predictor: 3, value: (x) => x }),
  ],
  [
    "TIFF in planes of tiles",
    () =>
      tiffPicture({ ...small, bits: 12, photometric: 2, samples: 3, isPlanar: true, tileSide: 16, value: (x) => x }),
  ],
  ["raw file", async () => nef({ preview: await picture({ width: 400, height: 300 }) })],
  ["DNG", async () => dng({ preview: await picture({ width: 400, height: 300 }) })],
  ["raw file in boxes", async () => cr3({ preview: await picture({ width: 400, height: 300 }) })],
  ["PNG", () => pngFile({ ...small, chunks: [gamma(1)], value: colour, pieceBytes: 64 })],
  ["JPEG", () => picture(small)],
  ["WebP", () => picture({ ...small, format: "webp" })],
  ["AVIF sequence", async () => sequenceOf(await avifPicture({ ...small, value: colour }), small)],
];

test.each(makers)("%s: whatever is changed in it, there is an answer", async (_what, make) => {
  const sound = await make();
  const changes = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(changes, fc.option(fc.nat(sound.length)), async (at, cut) => {
      const bytes = Buffer.from(sound);
      for (const [position, value] of at) bytes[position] = value;
      // Tags and headers come first or last: there are most of the ways to be wrong.
      for (const [position, value] of at.slice(0, 2))
        bytes[sound.length - 1 - (position % Math.min(300, sound.length))] = value;
      const derivation = await deriveFile(await write(cut === null ? bytes : bytes.subarray(0, cut)));
      expect(["ready", "kept", "rejected"]).toContain(derivation.state);
    }),
    { numRuns: 12 },
  );
});

test("LZW: any bytes end, within the size asked for", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(5_000), (data, size) => {
      expect(decodeLzw(data, size).length).toBeLessThanOrEqual(size);
    }),
    { numRuns: 300 },
  );
});
