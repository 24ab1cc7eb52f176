import { describe, expect, test } from "vitest";
import { db } from "@/lib/db";
import { deriveRevision } from "@/lib/derive/revision";
import { metadataVersion } from "@/lib/media/policy";
import { revisionsToReadAgain } from "@/lib/media/queries";
import { exifSegment } from "@/tests/support/metadata/containers";
import { notPictures, picture, pngChunk } from "@/tests/support/pictures";
import { testBucket, testDatabase } from "@/tests/support/services/services";
import { alteredAnswers } from "./altered-answers";
import { mediaOf, pendingRevision, revisionById, worker } from "./fixtures";
import { expectNothingLeft } from "./left-behind";
import { tokyo } from "./tokyo";

await testDatabase();
const answers = await alteredAnswers(await testBucket());
expectNothingLeft();

async function largeJpeg(): Promise<Buffer> {
  const bytes = await picture({ width: 1600, height: 1200 });
  return Buffer.concat([bytes.subarray(0, 2), exifSegment(tokyo), bytes.subarray(2)]);
}

async function largePng(): Promise<Buffer> {
  const bytes = await picture({ width: 640, height: 480, format: "png" });
  const end = bytes.length - 12;
  return Buffer.concat([bytes.subarray(0, end), pngChunk("eXIf", tokyo), bytes.subarray(end)]);
}

describe("metadata that older rules read", () => {
  const wall = new Date("2024-01-01T07:30:00Z");

  /** As older rules left it: the wall clock as UTC, no offset, no position. */
  async function outdated(bytes: Buffer, path: string): Promise<string> {
    const id = await pendingRevision(bytes, path);
    await deriveRevision(worker, id);
    const old = { takenAt: wall, takenOffsetMinutes: null, latitude: null, longitude: null };
    const { mediaId } = await db().revision.update({ where: { id }, data: { ...old, metadataVersion: 0 } });
    await db().media.update({ where: { id: mediaId }, data: old });
    return id;
  }

  function countBytes(): () => number {
    let readBytes = 0;
    answers.alter = (body, send) => {
      readBytes += body.length;
      send(body);
    };
    return () => readBytes;
  }

  const beginningBytes = 256 * 1024;
  test.each([
    ["from the beginning of a JPEG alone", largeJpeg, () => beginningBytes],
    ["from the end of a PNG", largePng, (wholeBytes: number) => beginningBytes + wholeBytes],
  ])("are read again, %s", async (_where, make, wantedBytes) => {
    const bytes = await make();
    expect(bytes.length).toBeGreaterThan(beginningBytes);
    const id = await outdated(bytes, "a.jpg");
    expect(await revisionsToReadAgain(worker, 10)).toEqual([id]);
    const readBytes = countBytes();
    expect(await deriveRevision(worker, id)).toEqual({ revisionId: id, state: "readAgain" });
    expect(readBytes()).toBe(wantedBytes(bytes.length));
    const found = {
      takenAt: new Date("2023-12-31T22:30:00Z"),
      takenOffsetMinutes: 540,
      latitude: 35.5,
      longitude: 139.75,
    };
    expect(await revisionById(id)).toMatchObject({ metadataVersion, ...found });
    expect(await mediaOf(id)).toMatchObject({ takenKnown: true, ...found });
    expect(await deriveRevision(worker, id)).toEqual({ revisionId: id, state: "skipped" });
    expect(await revisionsToReadAgain(worker, 10)).toEqual([]);
  });

  test.each([
    ["where there are none now", picture({ width: 64, height: 64 }), false],
    ["where the file is gone", picture({ width: 64, height: 64 }), true],
  ])("stay %s", async (_where, bytes, isGone) => {
    const id = await outdated(await bytes, "a.jpg");
    if (isGone) await db().revision.update({ where: { id }, data: { versionId: "0".repeat(32) } });
    expect(await deriveRevision(worker, id)).toMatchObject({ state: "readAgain" });
    expect(await revisionById(id)).toMatchObject({ metadataVersion, takenAt: wall });
    expect(await mediaOf(id)).toMatchObject({ takenAt: wall, takenKnown: true });
  });

  test("are not looked for in files that are no pictures", async () => {
    const id = await outdated(notPictures.html, "a.html");
    expect(await revisionsToReadAgain(worker, 10)).toEqual([]);
    await db().revision.update({ where: { id }, data: { metadataVersion } });
  });
});
