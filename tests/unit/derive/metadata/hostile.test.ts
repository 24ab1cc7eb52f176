import { brotliCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readExif } from "@/lib/derive/metadata/exif";
import { Blocks } from "@/lib/derive/metadata/find/blocks";
import { type ByteSource, bytesSource, FileSource, UnreadableError } from "@/lib/derive/metadata/find/byte-source";
import { findInIsoMedia } from "@/lib/derive/metadata/find/iso-media";
import { findInPng } from "@/lib/derive/metadata/find/png";
import { formNumber } from "@/tests/support/forms.mjs";
import {
  box,
  cr3,
  exifSegment,
  extendedXmpSegments,
  heif,
  jpeg,
  photoshopSegment,
  png,
  raf,
  rawProfile,
  textChunk,
  uint,
  webp,
  xmpSegment,
} from "@/tests/support/metadata/containers";
import { ascii, faulty, position, tag, tiff, undefinedBytes } from "@/tests/support/metadata/tiff";
import { iptc, photoshop, xmp } from "@/tests/support/metadata/xmp";
import { pngChunk } from "@/tests/support/pictures";
import { fileWriter } from "../support";
import { metadataReader } from "./support";

const read = metadataReader();
const write = fileWriter();
const numRuns = formNumber("ATOLL_TEST_DAMAGED_FILES");

const ifd = { [tag.dateTimeOriginal]: ascii("2003:12:14 12:01:44"), [tag.offsetTimeOriginal]: ascii("+01:00") };
const gps = position(50.25, 14.5);
const block = tiff({ exif: ifd, gps });
const packet = xmp({ "exif:DateTimeOriginal": "2015-02-01T14:42:59-03:00", "exif:GPSLatitude": "41,30.0N" });
const records = photoshop(iptc({ 55: "20090909", 60: "170000+0200" }));
const inTags = { [tag.xmp]: undefinedBytes(packet), [tag.photoshop]: undefinedBytes(records) };

const wholeFiles: Record<string, Buffer> = {
  jpeg: jpeg(exifSegment(block), xmpSegment(packet), photoshopSegment(records), ...extendedXmpSegments(packet, 300)),
  png: png({
    before: [pngChunk("eXIf", block), rawProfile("zTXt", "APP1", block)],
    after: [textChunk("iTXt", "XML:com.adobe.xmp", packet), rawProfile("tEXt", "iptc", records)],
  }),
  webp: webp(["EXIF", block], ["XMP ", packet]),
  heif: heif({ exif: block, xmp: packet, place: "extents", version: 2 }),
  tiff: tiff({ ifd0: inTags, exif: ifd, gps }),
  cr3: cr3({ CMT1: tiff({}), CMT2: tiff({ ifd0: ifd }), CMT4: tiff({ ifd0: gps }) }),
  jxl: Buffer.concat([
    box("JXL ", Buffer.from("0d0a870a", "hex")),
    box("brob", "xml ", brotliCompressSync(packet)),
    box("Exif", uint(4, 0), block),
  ]),
  raf: raf(jpeg(exifSegment(block))),
};

function replaced(bytes: Buffer, from: string, to: string): Buffer {
  expect(bytes.includes(from, 0, "latin1")).toBe(true);
  return Buffer.from(bytes.toString("latin1").replace(from, to), "latin1");
}

/** Whatever the bytes, the reader returns: what it returns is plausible. */
async function expectPlausible(bytes: Buffer): Promise<void> {
  const { takenAt, takenOffsetMinutes, latitude, longitude } = await read(bytes);
  if (takenAt !== null) expect(new Date(takenAt).getUTCFullYear()).toBeGreaterThan(1_824);
  if (takenOffsetMinutes !== null) expect(Math.abs(takenOffsetMinutes)).toBeLessThanOrEqual(840);
  if (latitude !== null) expect(Math.abs(latitude)).toBeLessThanOrEqual(90);
  if (longitude !== null) expect(Math.abs(longitude)).toBeLessThanOrEqual(180);
}

describe("no input makes the reader fail", () => {
  test.each(Object.keys(wholeFiles))("damaged %s", async (name) => {
    const whole = wholeFiles[name] as Buffer;
    const place = fc.nat(whole.length - 1);
    const byte = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255));
    const edits = fc.array(fc.tuple(place, byte), { maxLength: 12 });
    const damage = fc.record({
      edits,
      end: fc.option(place, { freq: 3 }),
      move: fc.option(fc.tuple(place, place, place)),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ edits: changes, end, move }) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        if (move) bytes.copy(bytes, move[0], move[1], move[1] + move[2]);
        await expectPlausible(bytes.subarray(0, end ?? bytes.length));
      }),
      { numRuns },
    );
  });

  const starts = ["ffd8ffe1", "89504e470d0a1a0a", "49492a0008000000", "4d4d002a00000008", "000000186674797068656963"];
  test("noise behind the start of a format, or alone", async () => {
    const start = fc.constantFrom("", ...starts).map((hex) => Buffer.from(hex, "hex"));
    const noise = fc.uint8Array({ maxLength: 400, size: "max" });
    await fc.assert(
      fc.asyncProperty(start, noise, (head, rest) => expectPlausible(Buffer.concat([head, rest]))),
      { numRuns },
    );
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["a mark alone", jpeg(exifSegment(Buffer.alloc(0)))],
    ["a directory that is its own next", Buffer.from("49492a00080000000000080000000000", "hex")],
    ["a directory that is its own EXIF", Buffer.from("49492a000800000001006987040001000000080000000000", "hex")],
    ["a date of 4 GB", tiff({ exif: { [tag.dateTimeOriginal]: faulty(2, 0xffff_ffff) } })],
    ["an offset of seven bytes", replaced(heif({ exif: block }), "iloc\x01\0\0\0\x44", "iloc\x01\0\0\0\x77")],
    ["names of JavaScript", jpeg(xmpSegment(xmp({}, "elements", '<a hasOwnProperty="" __proto__="" b=""/>')))],
  ])("%s says nothing", async (_what, bytes) => {
    expect(await read(bytes)).toMatchObject({ takenAt: null, latitude: null, longitude: null });
  });
});

describe("the work is bounded", () => {
  const repeated = (text: string) => text.repeat(Math.ceil((2 * 1024 * 1024) / text.length));
  const inText = (text: string) => textChunk("zTXt", "XML:com.adobe.xmp", Buffer.from(text));

  // Without a limit each of these takes longer than the test may.
  test.each<[string, () => Buffer]>([
    ["text that is no XML", () => png({ before: [inText(repeated("x"))] })],
    ["deep elements", () => png({ before: [inText(repeated("<a xmlns:b='c'>"))] })],
    ["extents of no bytes", manyExtents],
  ])("%s", async (_what, make) => {
    await expectPlausible(make());
  });

  function manyExtents(): Buffer {
    const rows = Buffer.alloc(6 * 500_000, Buffer.concat([uint(2, 1), uint(2, 0), uint(2, 0xffff)]));
    const info = box("infe", uint(1, 2), uint(3, 0), uint(2, 1), uint(2, 0), "Exif\0");
    const locations = box("iloc", uint(4, 0), uint(2, 0), uint(2, 0xffff), rows);
    const meta = box("meta", uint(4, 0), box("iinf", uint(4, 0), uint(2, 1), info), locations);
    return Buffer.concat([box("ftyp", "heic"), meta]);
  }

  /** Counts what is read of a source. */
  function counting(source: ByteSource) {
    const counted = {
      sizeBytes: source.sizeBytes,
      readBytes: 0,
      read(position: number, length: number) {
        counted.readBytes += length;
        return source.read(position, length);
      },
    };
    return counted;
  }

  test("of a thousand texts that inflate, sixteen are read", () => {
    const text = inText(repeated("<a>"));
    const source = counting(bytesSource(png({ before: Array(1_000).fill(text) })));
    findInPng(source, new Blocks());
    expect(source.readBytes).toBeLessThan(20 * text.length + 1_000 * 100);
  });

  test("of a thousand compressed boxes, sixteen are read", () => {
    const text = box("brob", "xml ", brotliCompressSync(Buffer.from(repeated("<a>"))));
    const source = counting(bytesSource(Buffer.concat([box("JXL "), ...Array(1_000).fill(text)])));
    findInIsoMedia(source, new Blocks());
    expect(source.readBytes).toBeLessThan(20 * text.length + 1_001 * 8);
  });

  test("of sixty thousand dates of a megabyte each, no megabyte is read", () => {
    const start = Buffer.from("49492a000800000060ea", "hex");
    const directory = Buffer.concat([start, Buffer.alloc(12 * 60_000, Buffer.from("039002000000100000000000", "hex"))]);
    const source = counting({
      sizeBytes: 4 * 1024 ** 3,
      read: (position, length) =>
        Buffer.concat([directory.subarray(position, position + length), Buffer.alloc(length)], length),
    });
    expect(readExif(source)).toMatchObject({ dateTimeOriginal: "" });
    expect(source.readBytes).toBeLessThan(1_000_000);
  });

  test("a file gives 32 MiB or 300,000 reads, and no more", async () => {
    const filePath = await write(Buffer.alloc(1024 * 1024));
    const reads = (length: number) => {
      const file = new FileSource(filePath);
      let count = 0;
      try {
        for (;;) {
          file.read(0, length);
          count += 1;
        }
      } catch (error) {
        expect(error).toBeInstanceOf(UnreadableError);
        return count;
      } finally {
        file.close();
      }
    };
    expect([reads(1024 * 1024), reads(1)]).toEqual([32, 300_000]);
  });
});
