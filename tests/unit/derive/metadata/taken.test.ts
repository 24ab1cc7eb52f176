import { describe, expect, test } from "vitest";
import { cr3, exifSegment, jpeg, photoshopSegment, xmpSegment } from "@/tests/support/metadata/containers";
import { ascii, type Directory, rationals, tag, tiff, undefinedBytes } from "@/tests/support/metadata/tiff";
import { iptc, photoshop, xmp } from "@/tests/support/metadata/xmp";
import { jpegWithExif, metadataReader } from "./support";

const read = metadataReader();

type Note = { text: string; digitized?: string } & Partial<
  Record<"offsetTime" | "offsetTimeOriginal" | "offsetTimeDigitized" | "subSecTimeOriginal", string>
>;

function exifOf({ text, digitized, ...tags }: Note): Directory {
  const others = Object.entries(tags).map(([name, value]) => [tag[name as keyof typeof tag], ascii(value)]);
  return {
    ...Object.fromEntries(others),
    [tag.dateTimeOriginal]: ascii(text),
    ...(digitized === undefined ? {} : { [tag.dateTimeDigitized]: ascii(digitized) }),
  };
}

const wall = "2024:05:17 09:30:00";

describe("the offset is read where it is", () => {
  test.each<[string, Note, string, number | null]>([
    ["OffsetTimeOriginal", { text: wall, offsetTimeOriginal: "+02:00" }, "2024-05-17T07:30:00.000Z", 120],
    ["west", { text: wall, offsetTimeOriginal: "-10:30" }, "2024-05-17T20:00:00.000Z", -630],
    ["no colon", { text: wall, offsetTimeOriginal: "+0545" }, "2024-05-17T03:45:00.000Z", 345],
    ["hours alone", { text: wall, offsetTimeOriginal: "-3" }, "2024-05-17T12:30:00.000Z", -180],
    ["Z", { text: wall, offsetTimeOriginal: "Z" }, "2024-05-17T09:30:00.000Z", 0],
    ["OffsetTime", { text: wall, offsetTime: "+09:00" }, "2024-05-17T00:30:00.000Z", 540],
    [
      "OffsetTimeDigitized of the same moment",
      { text: wall, digitized: wall, offsetTimeDigitized: "+01:00" },
      "2024-05-17T08:30:00.000Z",
      60,
    ],
    ["in the date", { text: `${wall}+01:00` }, "2024-05-17T08:30:00.000Z", 60],
    ["in the date, no colon", { text: `${wall} -0330` }, "2024-05-17T13:00:00.000Z", -210],
    ["in the date, Z", { text: `${wall}Z` }, "2024-05-17T09:30:00.000Z", 0],
    ["in the date before the tag", { text: `${wall}+01:00`, offsetTime: "+09:00" }, "2024-05-17T08:30:00.000Z", 60],
    ["after the fraction", { text: `${wall}.25+01:00` }, "2024-05-17T08:30:00.250Z", 60],
    ["in SubSecTimeOriginal", { text: wall, subSecTimeOriginal: "789+02:00" }, "2024-05-17T07:30:00.789Z", 120],
    ["the widest", { text: wall, offsetTimeOriginal: "+14:00" }, "2024-05-16T19:30:00.000Z", 840],
  ])("%s", async (_where, note, takenAt, takenOffsetMinutes) => {
    expect(await read(jpegWithExif({ exif: exifOf(note) }))).toMatchObject({ takenAt, takenOffsetMinutes });
  });

  test.each<[string, Note]>([
    ["none", { text: wall }],
    ["14:01", { text: wall, offsetTimeOriginal: "+14:01" }],
    ["99:00", { text: wall, offsetTimeOriginal: "-99:00" }],
    ["60 minutes", { text: wall, offsetTimeOriginal: "+01:60" }],
    ["blanks", { text: wall, offsetTimeOriginal: "   :  " }],
    ["words", { text: wall, offsetTimeOriginal: "local" }],
    ["the scanner's", { text: wall, digitized: "2024:06:01 12:00:00", offsetTimeDigitized: "+01:00" }],
  ])("without a plausible one the clock is kept as it is: %s", async (_what, note) => {
    const taken = { takenAt: "2024-05-17T09:30:00.000Z", takenOffsetMinutes: null };
    expect(await read(jpegWithExif({ exif: exifOf(note) }))).toMatchObject(taken);
  });

  test("after an implausible one, the next is tried", async () => {
    const exif = exifOf({ text: `${wall}+99:00`, offsetTimeOriginal: "+25:00", offsetTime: "+02:00" });
    expect(await read(jpegWithExif({ exif }))).toMatchObject({ takenOffsetMinutes: 120 });
  });
});

describe("the offset of the last change is the camera's only where the camera made that change", () => {
  const [edited, offset] = ["2024:06:01 20:00:00", { [tag.offsetTime]: ascii("+01:00") }];
  const original = { [tag.dateTimeOriginal]: ascii(wall) };
  const digitized = { [tag.dateTimeDigitized]: ascii(wall) };

  test.each([
    ["DateTimeOriginal", original],
    ["DateTimeDigitized", digitized],
  ])("%s", async (_name, date) => {
    const readWith = (dateTime?: string) => {
      const ifd0 = dateTime === undefined ? {} : { [tag.dateTime]: ascii(dateTime) };
      return read(jpegWithExif({ ifd0, exif: { ...date, ...offset } }));
    };
    const inZone = { takenAt: "2024-05-17T08:30:00.000Z", takenOffsetMinutes: 60 };
    expect(await readWith()).toMatchObject(inZone);
    expect(await readWith(wall)).toMatchObject(inZone);
    expect(await readWith(edited)).toMatchObject({ takenAt: "2024-05-17T09:30:00.000Z", takenOffsetMinutes: null });
  });

  test("the date of the change is in another block", async () => {
    const readWith = (dateTime: string) => {
      const change = tiff({ ifd0: { [tag.dateTime]: ascii(dateTime) } });
      return read(cr3({ CMT1: change, CMT2: tiff({ ifd0: { ...original, ...offset } }), CMT4: tiff({}) }));
    };
    expect(await readWith(wall)).toMatchObject({ takenOffsetMinutes: 60 });
    expect(await readWith(edited)).toMatchObject({ takenOffsetMinutes: null });
  });
});

describe("dates that cannot be are ignored", () => {
  test.each([
    ["month 13", "2024:13:01 00:00:00"],
    ["month 0", "2024:00:10 00:00:00"],
    ["no leap day", "2023:02:29 00:00:00"],
    ["a camera never set", "0000:00:00 00:00:00"],
    ["year 0", "0000:01:01 00:00:00"],
    ["before photography", "1825:12:31 00:00:00"],
    ["25 o'clock", "2024:01:01 25:00:00"],
    ["minute 60", "2024:01:01 10:60:00"],
    ["blanks", "    :  :     :  :  "],
    ["a part of blanks", "2004:08:  :  :  "],
    ["nothing", ""],
    ["words", "yesterday"],
    ["the future", "2199:01:01 00:00:00"],
  ])("%s: the next source counts", async (_what, text) => {
    const nothing = { takenAt: null, takenOffsetMinutes: null };
    expect(await read(jpegWithExif({ exif: exifOf({ text }) }))).toMatchObject(nothing);
    const digitized = "2001:01:11 03:28:39";
    const next = { takenAt: "2001-01-11T03:28:39.000Z", takenOffsetMinutes: null };
    expect(await read(jpegWithExif({ exif: exifOf({ text, digitized }) }))).toMatchObject(next);
  });

  test("a day in the future is accepted, as clocks of other zones are ahead", async () => {
    const bytes = jpegWithExif({ exif: exifOf({ text: wall }) });
    expect(await read(bytes, "2024-05-16T10:00:00Z")).toMatchObject({ takenAt: "2024-05-17T09:30:00.000Z" });
    expect(await read(bytes, "2024-05-16T09:00:00Z")).toMatchObject({ takenAt: null });
  });
});

test.each([
  ["a leap day", "2024:02:29 00:00:00", "2024-02-29T00:00:00.000Z"],
  ["a scan of an old plate", "1871:03:01 12:00:00", "1871-03-01T12:00:00.000Z"],
  ["hyphens and a T", "2024-05-17T09:30:00", "2024-05-17T09:30:00.000Z"],
  ["slashes", "2024/05/17 09:30:00", "2024-05-17T09:30:00.000Z"],
  ["no seconds", "2024:05:17 09:30", "2024-05-17T09:30:00.000Z"],
])("%s is a date", async (_what, text, takenAt) => {
  expect(await read(jpegWithExif({ exif: exifOf({ text }) }))).toMatchObject({ takenAt });
});

test("a text declared as bytes is read, too", async () => {
  const exif = { [tag.dateTimeOriginal]: undefinedBytes(Buffer.from(`${wall}\0`)) };
  expect(await read(jpegWithExif({ exif }))).toMatchObject({ takenAt: "2024-05-17T09:30:00.000Z" });
});

/** One source each, the next in order further down. All say another year. */
const satellites = {
  [tag.gpsDateStamp]: ascii("2009:01:01"),
  [tag.gpsTimeStamp]: rationals([12, 1], [30, 1], [4550, 100]),
};
const sources = [
  ["EXIF DateTimeOriginal", "2001-01-01T00:00:00.000Z", null],
  ["EXIF DateTimeDigitized", "2002-01-01T00:00:00.000Z", null],
  ["XMP exif:DateTimeOriginal", "2002-12-31T22:00:00.000Z", 120],
  ["XMP exif:DateTimeDigitized", "2004-01-01T00:00:00.000Z", null],
  ["XMP photoshop:DateCreated", "2005-01-01T00:00:00.000Z", null],
  ["XMP xmp:CreateDate", "2006-01-01T05:30:00.000Z", -330],
  ["IPTC DateCreated", "2007-01-01T15:00:00.000Z", 120],
  ["IPTC DigitalCreationDate", "2008-01-01T00:00:00.000Z", null],
  ["GPS", "2009-01-01T12:30:45.500Z", 0],
  ["XMP exif:GPSTimeStamp", "2010-01-01T00:00:00.000Z", 0],
] as const;

/** A JPEG with all sources from the n-th on. */
function fromSource(n: number): Buffer {
  const has = (source: number) => source >= n;
  const exif = {
    ...(has(0) && { [tag.dateTimeOriginal]: ascii("2001:01:01 00:00:00") }),
    ...(has(1) && { [tag.dateTimeDigitized]: ascii("2002:01:01 00:00:00") }),
  };
  const packet = xmp({
    ...(has(2) && { "exif:DateTimeOriginal": "2003-01-01T00:00:00+02:00" }),
    ...(has(3) && { "exif:DateTimeDigitized": "2004-01-01T00:00:00" }),
    ...(has(4) && { "photoshop:DateCreated": "2005-01-01" }),
    ...(has(5) && { "xmp:CreateDate": "2006-01-01T00:00-05:30" }),
    "exif:GPSTimeStamp": "2010-01-01T00:00:00Z",
  });
  const records = iptc({
    ...(has(6) && { 55: "20070101", 60: "170000+0200" }),
    ...(has(7) && { 62: "20080101", 63: "000000" }),
  });
  return jpeg(
    exifSegment(
      tiff({
        ifd0: { [tag.dateTime]: ascii("1999:01:01 00:00:00") },
        exif,
        ...(has(8) && n < 9 && { gps: satellites }),
      }),
    ),
    xmpSegment(packet),
    photoshopSegment(photoshop(records)),
  );
}

test.each(sources.map((source, n) => [n, ...source] as const))(
  "the order of sources: %i %s",
  async (n, _name, takenAt, takenOffsetMinutes) => {
    expect(await read(fromSource(n))).toMatchObject({ takenAt, takenOffsetMinutes });
  },
);
