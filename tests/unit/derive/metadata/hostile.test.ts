import fc from "fast-check";
import { describe, expect, test } from "vitest";
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
import { metadataReader } from "./support";

const read = metadataReader();
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
  raf: raf(jpeg(exifSegment(block))),
};

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
    ["names of JavaScript", jpeg(xmpSegment(xmp({}, "elements", '<a hasOwnProperty="" __proto__="" b=""/>')))],
  ])("%s says nothing", async (_what, bytes) => {
    expect(await read(bytes)).toMatchObject({ takenAt: null, latitude: null, longitude: null });
  });
});

/** Without limits each of these would take minutes or gigabytes. The test's deadline is the assertion. */
describe("the work is bounded", () => {
  const mebibyte = 1024 * 1024;
  const inText = (text: string) => png({ before: [textChunk("zTXt", "XML:com.adobe.xmp", Buffer.from(text))] });
  const repeated = (text: string) => text.repeat(Math.ceil((2 * mebibyte) / text.length));

  test.each<[string, () => Buffer]>([
    ["a million chunks", () => Buffer.concat([png({}).subarray(0, -12), Buffer.alloc(12 * 1_000_000)])],
    [
      "two thousand texts",
      () => png({ before: Array(2_000).fill(textChunk("zTXt", "XML:com.adobe.xmp", Buffer.from(repeated("<a>")))) }),
    ],
    ["text that is no XML", () => inText(repeated("x"))],
    ["deep elements", () => inText(repeated("<a xmlns:b='c'>"))],
    ["an element of many attributes", () => inText(`<a ${repeated('b="" ')}>`)],
    ["endless names", () => inText(repeated("<"))],
    ["a text declaration without end", () => inText(`<!DOCTYPE ${repeated("[")}`)],
    ["sixty thousand dates", () => directoryOf(60_000)],
    ["extents of no bytes", manyExtents],
    ["half a million boxes", () => Buffer.concat([box("ftyp", "heic"), Buffer.alloc(8 * 500_000, uint(8, 8))])],
  ])("%s", async (_what, make) => {
    await expectPlausible(make());
  });

  /** Each entry is a date of 150,000 characters, the same ones. */
  function directoryOf(count: number): Buffer {
    const start = Buffer.from("49492a0008000000", "hex");
    const size = Buffer.alloc(2);
    size.writeUInt16LE(count);
    return Buffer.concat([start, size, Buffer.alloc(12 * count, Buffer.from("03900200f049020000000000", "hex"))]);
  }

  function manyExtents(): Buffer {
    const rows = Buffer.alloc(6 * 500_000, Buffer.concat([uint(2, 1), uint(2, 0), uint(2, 0xffff)]));
    const info = box("infe", uint(1, 2), uint(3, 0), uint(2, 1), uint(2, 0), "Exif\0");
    const locations = box("iloc", uint(4, 0), uint(2, 0), uint(2, 0xffff), rows);
    return Buffer.concat([
      box("ftyp", "heic"),
      box("meta", uint(4, 0), box("iinf", uint(4, 0), uint(2, 1), info), locations),
    ]);
  }
});
