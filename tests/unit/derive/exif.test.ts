import { describe, expect, test } from "vitest";
import { readExif } from "@/lib/derive/exif";
import { type PictureOptions, picture } from "@/tests/support/pictures";
import { deriveReady, fileWriter } from "./support";

const write = fileWriter();

async function derive(options: PictureOptions) {
  const { takenAt, latitude, longitude } = await deriveReady(
    await write(await picture({ width: 64, height: 48, ...options })),
  );
  return { takenAt: takenAt?.toISOString() ?? null, latitude, longitude };
}

describe("the date", () => {
  test.each([
    ["with a zone", "2024-05-17T09:30:00", "+02:00", "2024-05-17T07:30:00.000Z"],
    ["west of it", "2024-05-17T20:30:00", "-10:30", "2024-05-18T07:00:00.000Z"],
    ["without: as UTC", "2024-05-17T09:30:00", undefined, "2024-05-17T09:30:00.000Z"],
    ["a zone there is not: as UTC", "2024-05-17T09:30:00", "+99:00", "2024-05-17T09:30:00.000Z"],
    ["leap day", "2024-02-29T00:00:00", undefined, "2024-02-29T00:00:00.000Z"],
    ["a scan of an old plate", "1871-03-01T12:00:00", undefined, "1871-03-01T12:00:00.000Z"],
    ["no leap day", "2023-02-29T00:00:00", undefined, null],
    ["a camera never set", "0000-00-00T00:00:00", undefined, null],
    ["month 13", "2024-13-01T00:00:00", undefined, null],
    ["25 o'clock", "2024-01-01T25:00:00", undefined, null],
    ["before photography", "1825-12-31T00:00:00", undefined, null],
    ["the future", "2199-01-01T00:00:00", undefined, null],
    ["blanks", "    :  :     :  :  ", undefined, null],
  ])("%s", async (_what, takenAt, offset, wanted) => {
    expect(await derive({ takenAt, ...(offset ? { offset } : {}) })).toMatchObject({ takenAt: wanted });
  });

  test("a date up to a day in the future is accepted, a later one is not", async () => {
    const bytes = await picture({ width: 8, height: 8, format: "png", takenAt: "2024-05-17T09:30:00" });
    const { exif } = await sharpMetadata(bytes);
    const at = async (now: string) => (await readExif(exif, new Date(now))).takenAt;
    expect(await at("2024-05-16T10:00:00Z")).not.toBeNull();
    expect(await at("2024-05-16T09:00:00Z")).toBeNull();
  });
});

describe("the position", () => {
  test.each([
    ["south, west", -17.5334, -149.8331],
    ["north, east", 63.0203, 21.1],
    ["on the equator", 0, 109.25],
    ["on the prime meridian", 51.4779, 0],
    ["the corner", -90, 180],
  ])("%s", async (_what, latitude, longitude) => {
    const seen = await derive({ position: { latitude, longitude } });
    expect(seen.latitude).toBeCloseTo(latitude, 5);
    expect(seen.longitude).toBeCloseTo(longitude, 5);
  });

  test.each([
    ["0, 0 is a camera without a fix", 0, 0],
    ["latitude 91", 91, 10],
    ["longitude 181", 10, 181],
  ])("%s: none", async (_what, latitude, longitude) => {
    expect(await derive({ position: { latitude, longitude } })).toMatchObject({ latitude: null, longitude: null });
  });
});

test.each(["jpeg", "png", "webp", "avif"] as const)("both are read from %s", async (format) => {
  const position = { latitude: -17.5, longitude: -149.75 };
  const seen = await derive({ format, takenAt: "2024-05-17T09:30:00", offset: "+02:00", position });
  expect(seen).toEqual({ takenAt: "2024-05-17T07:30:00.000Z", ...position });
});

test.each([
  ["nothing", Buffer.alloc(0)],
  ["a marker alone", Buffer.from("Exif\0\0")],
  ["an endless loop of directories", Buffer.from("49492a00080000000000080000000000", "hex")],
  ["noise", Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 91) & 0xff))],
])("damaged EXIF is none: %s", async (_what, bytes) => {
  expect(await readExif(bytes)).toEqual({ takenAt: null, latitude: null, longitude: null });
});

async function sharpMetadata(bytes: Buffer): Promise<{ exif: Buffer }> {
  const { default: sharp } = await import("sharp");
  const { exif } = await sharp(await write(bytes)).metadata();
  if (!exif) throw new Error("no EXIF in the picture");
  return { exif };
}
