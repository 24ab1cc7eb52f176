import { describe, expect, test } from "vitest";
import { exifSegment, jpeg, xmpSegment } from "@/tests/support/metadata/containers";
import {
  ascii,
  type Directory,
  faulty,
  position,
  rationals,
  signedRationals,
  tag,
  tiff,
  type Value,
} from "@/tests/support/metadata/tiff";
import { xmp } from "@/tests/support/metadata/xmp";
import { jpegWithExif, metadataReader } from "./support";

const read = metadataReader();
const none = { latitude: null, longitude: null };

describe("a position in EXIF", () => {
  test.each([
    ["south, west", -17.5334, -149.8331],
    ["north, east", 63.0203, 21.1],
    ["on the equator", 0, 109.25],
    ["on the prime meridian", 51.4779, 0],
    ["the corner", -90, 180],
  ])("%s", async (_what, latitude, longitude) => {
    const seen = await read(jpegWithExif({ gps: position(latitude, longitude) }));
    expect(seen.latitude).toBeCloseTo(latitude, 5);
    expect(seen.longitude).toBeCloseTo(longitude, 5);
  });

  test.each([
    ["0, 0 is a camera without a fix", 0, 0],
    ["latitude 91", 91, 10],
    ["longitude 181", 10, 181],
  ])("%s: none", async (_what, latitude, longitude) => {
    expect(await read(jpegWithExif({ gps: position(latitude, longitude) }))).toMatchObject(none);
  });
});

/** A latitude in an odd form, beside the longitude 8.25 W. */
function oddLatitude(value: Value, ref?: Value): Directory {
  const { [tag.gpsLatitudeRef]: _usual, ...rest } = position(1, -8.25);
  return { ...rest, [tag.gpsLatitude]: value, ...(ref && { [tag.gpsLatitudeRef]: ref }) };
}

describe("odd forms of a position are read", () => {
  const usual = rationals([41, 1], [30, 1], [0, 1]);
  test.each<[string, Value, Value | undefined, number]>([
    ["one rational", rationals([4_150, 100]), ascii("N"), 41.5],
    ["two rationals", rationals([41, 1], [3_000, 100]), ascii("S"), -41.5],
    ["decimal minutes", rationals([41, 1], [3_025, 100], [0, 1]), ascii("N"), 41.5041667],
    ["seconds of 0/0", rationals([41, 1], [30, 1], [0, 0]), ascii("N"), 41.5],
    ["a small letter", usual, ascii("s"), -41.5],
    ["a word", usual, ascii("South"), -41.5],
    ["a letter without an end", usual, () => ({ type: 2, count: 1, bytes: Buffer.from("S") }), -41.5],
    ["a sign and a letter", signedRationals([-41, 1], [30, 1], [0, 1]), ascii("S"), -41.5],
    ["a sign alone", signedRationals([-41, 1], [30, 1], [0, 1]), undefined, -41.5],
  ])("%s", async (_what, value, ref, latitude) => {
    const seen = await read(jpegWithExif({ gps: oddLatitude(value, ref) }));
    expect(seen).toMatchObject({ latitude, longitude: -8.25 });
  });

  test.each<[string, Value, Value | undefined]>([
    ["no side", usual, undefined],
    ["another axis's side", usual, ascii("W")],
    ["degrees of 1/0", rationals([1, 0], [30, 1], [0, 1]), ascii("N")],
    ["beyond the pole", rationals([90, 1], [0, 1], [1, 1]), ascii("N")],
    ["no bytes", faulty(5, 3), ascii("N")],
    ["a text", ascii("41.5"), ascii("N")],
  ])("none: %s", async (_what, value, ref) => {
    expect(await read(jpegWithExif({ gps: oddLatitude(value, ref) }))).toMatchObject(none);
  });
});

describe("a position in XMP", () => {
  const inXmp = (latitude: string, longitude: string) =>
    jpeg(xmpSegment(xmp({ "exif:GPSLatitude": latitude, "exif:GPSLongitude": longitude })));

  test.each([
    ["degrees and minutes", "41,30.0N", "8,15.0W", 41.5, -8.25],
    ["many digits", "17,32.0040000S", "149,49.9860000W", -17.5334, -149.8331],
    ["degrees, minutes and seconds", "41,30,36S", "8,15,0E", -41.51, 8.25],
    ["degrees", "41.5n", "8.25w", 41.5, -8.25],
    ["numbers with a sign", "-41.5", "-8.25", -41.5, -8.25],
  ])("%s", async (_what, north, east, latitude, longitude) => {
    expect(await read(inXmp(north, east))).toMatchObject({ latitude, longitude });
  });

  test.each([
    ["0, 0", "0,0.0N", "0,0.0E"],
    ["beyond the pole", "91,0.0N", "8,15.0W"],
    ["one alone", "41,30.0N", ""],
    ["words", "north", "west"],
  ])("none: %s", async (_what, north, east) => {
    expect(await read(inXmp(north, east))).toMatchObject(none);
  });

  test.each([
    ["comes after EXIF's", position(50, 14), { latitude: 50, longitude: 14 }],
    ["counts where EXIF's is 0, 0", position(0, 0), { latitude: 41.5, longitude: -8.25 }],
    ["counts where EXIF's is beyond the pole", position(95, 14), { latitude: 41.5, longitude: -8.25 }],
  ])("%s", async (_what, gps, wanted) => {
    const packet = xmp({ "exif:GPSLatitude": "41,30.0N", "exif:GPSLongitude": "8,15.0W" });
    expect(await read(jpeg(exifSegment(tiff({ gps })), xmpSegment(packet)))).toMatchObject(wanted);
  });
});
