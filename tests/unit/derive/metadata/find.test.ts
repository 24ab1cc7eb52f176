import { brotliCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { deriveFile } from "@/lib/derive/file/file";
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
  segment,
  type TextType,
  textChunk,
  uint,
  webp,
  xmpSegment,
} from "@/tests/support/metadata/containers";
import { ascii, type Order, position, tag, tiff, undefinedBytes } from "@/tests/support/metadata/tiff";
import { iptc, photoshop, type XmpForm, xmp } from "@/tests/support/metadata/xmp";
import { picture, pngChunk } from "@/tests/support/pictures";
import { fileWriter } from "../support";
import { metadataReader } from "./support";

const read = metadataReader();
const write = fileWriter();

const exifIfd = { [tag.dateTimeOriginal]: ascii("2003:12:14 12:01:44"), [tag.offsetTimeOriginal]: ascii("+01:00") };
const gps = position(50.25, 14.5);
const exifBlock = tiff({ exif: exifIfd, gps });
const inExif = { takenAt: "2003-12-14T11:01:44.000Z", takenOffsetMinutes: 60, latitude: 50.25, longitude: 14.5 };

const xmpProperties = {
  "exif:DateTimeOriginal": "2015-02-01T14:42:59-03:00",
  "exif:GPSLatitude": "41,30.0N",
  "exif:GPSLongitude": "8,15.0W",
} as const;
const packet = xmp(xmpProperties);
const inXmp = { takenAt: "2015-02-01T17:42:59.000Z", takenOffsetMinutes: -180, latitude: 41.5, longitude: -8.25 };

const records = iptc({ 5: "A title", 55: "20090909", 60: "170000+0200" });
const inIptc = { takenAt: "2009-09-09T15:00:00.000Z", takenOffsetMinutes: 120 };

const padding = (length: number) => ({ 37500: undefinedBytes(Buffer.alloc(length, 7)) });

describe("in JPEG", () => {
  const large = tiff({ exif: { ...padding(70_000), ...exifIfd }, gps });
  const halves = [large.subarray(0, 60_000), large.subarray(60_000)] as const;
  const xmpOfParts = xmp({}, "elements", "<!-- the rest is elsewhere -->");

  test.each<[string, Buffer[], object]>([
    ["EXIF", [exifSegment(exifBlock)], inExif],
    ["big-endian EXIF", [exifSegment(tiff({ order: "MM", exif: exifIfd, gps }))], inExif],
    [
      "EXIF after other segments",
      [segment(0xe0, "JFIF\0"), segment(0xe2, Buffer.alloc(9_000)), exifSegment(exifBlock)],
      inExif,
    ],
    ["EXIF behind fill bytes", [Buffer.from([0xff, 0xff]), exifSegment(exifBlock)], inExif],
    ["EXIF behind padding", [segment(0xe0, "JFIF\0"), Buffer.alloc(50), exifSegment(exifBlock)], inExif],
    ["EXIF in two segments", halves.map((half) => exifSegment(half)), inExif],
    ["the second EXIF where the first says nothing", [exifSegment(tiff({})), exifSegment(exifBlock)], inExif],
    ["XMP", [xmpSegment(packet)], inXmp],
    ["extended XMP", [xmpSegment(xmpOfParts), ...extendedXmpSegments(packet, 400)], inXmp],
    ["extended XMP out of order", [xmpSegment(xmpOfParts), ...extendedXmpSegments(packet, 400).reverse()], inXmp],
    ["IPTC", [photoshopSegment(photoshop(records))], inIptc],
    [
      "IPTC in two segments",
      [photoshopSegment(photoshop(records).subarray(0, 50)), photoshopSegment(photoshop(records).subarray(50))],
      inIptc,
    ],
  ])("%s", async (_what, segments, wanted) => {
    expect(await read(jpeg(...segments))).toMatchObject({ ...wanted, isCutOff: false });
  });

  test("what precedes a cut is kept, and the cut is known", async () => {
    const whole = jpeg(exifSegment(exifBlock), xmpSegment(packet));
    expect(await read(whole.subarray(0, -300))).toMatchObject({ ...inExif, isCutOff: true });
  });
});

describe("in PNG", () => {
  const app1Xmp = Buffer.concat([Buffer.from("http://ns.adobe.com/xap/1.0/\0"), packet]);
  const withMark = Buffer.concat([Buffer.from("Exif\0\0"), exifBlock]);
  const raw = (name: string, profile: Buffer) => (type: TextType) => rawProfile(type, name, profile);

  test.each(["before", "after"] as const)("eXIf %s the picture data", async (place) => {
    expect(await read(png({ [place]: [pngChunk("eXIf", exifBlock)] }))).toMatchObject(inExif);
    expect(await read(png({ [place]: [pngChunk("eXIf", withMark)] }))).toMatchObject(inExif);
  });

  test.each<[string, (type: TextType) => Buffer, object]>([
    ["raw profile exif", raw("exif", withMark), inExif],
    ["raw profile exif without a mark", raw("exif", exifBlock), inExif],
    ["raw profile APP1 of EXIF", raw("APP1", withMark), inExif],
    ["raw profile APP1 of XMP", raw("APP1", app1Xmp), inXmp],
    ["raw profile xmp", raw("xmp", packet), inXmp],
    ["raw profile iptc", raw("iptc", photoshop(records)), inIptc],
    ["raw profile iptc, records alone", raw("iptc", records), inIptc],
    ["raw profile 8bim", raw("8bim", photoshop(records)), inIptc],
    ["XMP", (type) => textChunk(type, "XML:com.adobe.xmp", packet), inXmp],
  ])("%s, in each kind of text chunk, before and after the picture data", async (_what, chunk, wanted) => {
    for (const type of ["tEXt", "zTXt", "iTXt", "iTXt deflated"] as const) {
      expect(await read(png({ before: [chunk(type)] }))).toMatchObject(wanted);
      expect(await read(png({ after: [chunk(type)] }))).toMatchObject({ ...wanted, isCutOff: false });
    }
  });

  test("a text that would be inflated to gigabytes is left out", async () => {
    const bomb = textChunk("zTXt", "XML:com.adobe.xmp", Buffer.alloc(64 * 1024 * 1024));
    expect(await read(png({ before: [bomb], after: [pngChunk("eXIf", exifBlock)] }))).toMatchObject(inExif);
  });
});

test.each<[string, [string, Buffer][], object]>([
  ["EXIF", [["EXIF", exifBlock]], inExif],
  ["EXIF with JPEG's mark", [["EXIF", Buffer.concat([Buffer.from("Exif\0\0"), exifBlock])]], inExif],
  ["XMP", [["XMP ", packet]], inXmp],
  ["XMP under another name", [["XMP\0", packet]], inXmp],
  [
    "EXIF before XMP in any order",
    [
      ["XMP ", packet],
      ["EXIF", exifBlock],
    ],
    inExif,
  ],
])("in WebP: %s", async (_what, chunks, wanted) => {
  expect(await read(webp(...chunks))).toMatchObject({ ...wanted, isCutOff: false });
});

describe("in HEIC and AVIF, without the picture being decoded", () => {
  const brands = ["heic", "mif1", "msf1", "avif", "avis"];
  test.each(brands)("brand %s", async (brand) => {
    expect(await read(heif({ brand, exif: exifBlock }))).toMatchObject(inExif);
    expect(await read(heif({ brand, xmp: packet }))).toMatchObject(inXmp);
  });

  test.each([
    ["file", 0],
    ["file", 1],
    ["file", 2],
    ["idat", 1],
    ["idat", 2],
    ["extents", 0],
    ["extents", 2],
  ] as const)("items in %s, box iloc of version %i", async (place, version) => {
    expect(await read(heif({ exif: exifBlock, xmp: packet, place, version }))).toMatchObject(inExif);
    expect(await read(heif({ exif: tiff({}), xmp: packet, place, version }))).toMatchObject(inXmp);
  });

  test("in the beginning of a file whose picture is missing", async () => {
    const { length } = heif({ exif: exifBlock });
    const whole = Buffer.concat([heif({ exif: exifBlock }), box("mdat", Buffer.alloc(5_000))]);
    expect(await read(whole.subarray(0, length + 100))).toMatchObject({ ...inExif, isCutOff: false });
  });

  test("in JPEG XL", async () => {
    const start = box("JXL ", Buffer.from("0d0a870a", "hex"));
    const exifItem = Buffer.concat([uint(4, 0), exifBlock]);
    const compressed = (type: string, bytes: Buffer) => box("brob", type, brotliCompressSync(bytes));
    for (const exif of [box("Exif", exifItem), compressed("Exif", exifItem)])
      expect(await read(Buffer.concat([start, exif]))).toMatchObject(inExif);
    for (const xml of [box("xml ", packet), compressed("xml ", packet)])
      expect(await read(Buffer.concat([start, xml]))).toMatchObject(inXmp);
    const bomb = compressed("xml ", Buffer.alloc(64 * 1024 * 1024));
    expect(await read(Buffer.concat([start, bomb, box("Exif", exifItem)]))).toMatchObject(inExif);
  });
});

describe("in TIFF and raw files", () => {
  const orders: Order[] = ["II", "MM"];
  test.each(orders)("EXIF, XMP and IPTC of byte order %s", async (order) => {
    expect(await read(tiff({ order, exif: exifIfd, gps }))).toMatchObject(inExif);
    expect(await read(tiff({ order, ifd0: { [tag.xmp]: undefinedBytes(packet) } }))).toMatchObject(inXmp);
    expect(await read(tiff({ order, ifd0: { [tag.iptc]: undefinedBytes(records) } }))).toMatchObject(inIptc);
    const resources = photoshop(records);
    expect(await read(tiff({ order, ifd0: { [tag.photoshop]: undefinedBytes(resources) } }))).toMatchObject(inIptc);
  });

  test("a date in the first directory, as in NEF", async () => {
    expect(await read(tiff({ ifd0: exifIfd, gps }))).toMatchObject(inExif);
  });

  test.each([
    ["Olympus", "II", 0x4f52],
    ["Olympus, older", "II", 0x5352],
    ["Olympus, big-endian", "MM", 0x4f52],
    ["Panasonic", "II", 0x55],
  ] as const)("%s", async (_maker, order, magic) => {
    expect(await read(tiff({ order, magic, exif: exifIfd, gps }))).toMatchObject(inExif);
  });

  test("Canon's CR3", async () => {
    const file = cr3({ CMT1: tiff({}), CMT2: tiff({ ifd0: exifIfd }), CMT4: tiff({ ifd0: gps }) });
    expect(await read(file)).toMatchObject(inExif);
  });

  test("Fuji's RAF", async () => {
    expect(await read(raf(jpeg(exifSegment(exifBlock))))).toMatchObject(inExif);
  });

  test("few bytes of a large file are read: more than 32 MiB are refused", async () => {
    expect(await read(tiff({ exif: { ...padding(34 * 1024 * 1024), ...exifIfd }, gps }))).toMatchObject(inExif);
  });
});

describe("XMP", () => {
  test.each(["attributes", "elements", "lists", "other prefixes"] satisfies XmpForm[])("as %s", async (form) => {
    expect(await read(jpeg(xmpSegment(xmp(xmpProperties, form))))).toMatchObject(inXmp);
  });

  test.each([
    ["UTF-16, little-endian", Buffer.from(`\ufeff${packet}`, "utf16le")],
    ["UTF-16, big-endian", Buffer.from(`\ufeff${packet}`, "utf16le").swap16()],
    ["with zeros after it", Buffer.concat([packet, Buffer.alloc(100)])],
    ["with undeclared names", Buffer.from(packet.toString().replace(/xmlns:exif="[^"]*"/, ""))],
    ["with damage after it", Buffer.concat([packet.subarray(0, -60), Buffer.from("</no><&no;>")])],
  ])("%s", async (_what, bytes) => {
    expect(await read(jpeg(xmpSegment(bytes)))).toMatchObject(inXmp);
  });

  test("the dates of ingredients are not the picture's", async () => {
    const ingredient = `<xmpMM:Pantry xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"><rdf:Bag>
      <rdf:li><rdf:Description exif:DateTimeOriginal="1999-01-01T00:00:00"><xmp:CreateDate>1999-01-01</xmp:CreateDate>
      </rdf:Description></rdf:li></rdf:Bag></xmpMM:Pantry>`;
    expect(await read(jpeg(xmpSegment(xmp({}, "elements", ingredient))))).toMatchObject({ takenAt: null });
  });
});

describe("through the derivation of a file", () => {
  test.each(["jpeg", "png", "webp", "avif"] as const)("%s", async (format) => {
    const place = { latitude: -17.5, longitude: -149.75 };
    const options = { takenAt: "2024-05-17T09:30:00", offset: "+02:00", position: place };
    const derivation = await deriveFile(await write(await picture({ width: 64, height: 48, format, ...options })));
    expect(derivation).toMatchObject({ state: "ready", contentType: `image/${format}` });
    expect(derivation.metadata).toMatchObject({
      takenAt: new Date("2024-05-17T07:30:00Z"),
      takenOffsetMinutes: 120,
      ...place,
    });
  });

  test("of files that get no thumbnail, too", async () => {
    const { state, metadata } = await deriveFile(await write(heif({ exif: exifBlock })));
    expect({ state, ...metadata }).toMatchObject({ state: "kept", latitude: 50.25, takenOffsetMinutes: 60 });
    const cut = (await picture({ takenAt: "2024-05-17T09:30:00" })).subarray(0, 400);
    const rejected = await deriveFile(await write(cut));
    expect(rejected).toMatchObject({ state: "rejected", metadata: { takenAt: new Date("2024-05-17T09:30:00Z") } });
  });
});
