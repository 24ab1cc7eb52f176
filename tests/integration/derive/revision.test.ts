import { randomBytes } from "node:crypto";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { db } from "@/lib/db";
import { decoderPids, stopDecoders } from "@/lib/derive/decoder/decoder";
import { deriveRevision } from "@/lib/derive/revision";
import { metadataVersion } from "@/lib/media/policy";
import { hex } from "@/tests/support/checksums";
import { tiffPicture } from "@/tests/support/formats/tiff";
import { heif } from "@/tests/support/metadata/containers";
import { headerAlone, notPictures, picture, truncated } from "@/tests/support/pictures";
import { testBucket, testDatabase } from "@/tests/support/services/services";
import { alteredAnswers } from "./altered-answers";
import { mediaOf, pendingInParts, pendingRevision, revisionById, worker } from "./fixtures";
import { expectNothingLeft } from "./left-behind";
import { derivedKeys } from "./stored";
import { tokyo } from "./tokyo";

await testDatabase();
const bucket = await testBucket();
const answers = await alteredAnswers(bucket);
expectNothingLeft();

test("an empty file is kept", async () => {
  const id = await pendingRevision(Buffer.alloc(0), "docs/.nojekyll");
  expect(await deriveRevision(worker, id)).toMatchObject({ state: "kept" });
  expect(await revisionById(id)).toMatchObject({ sizeBytes: 0n, sha256: hex("sha256", ""), sha256Proven: true });
});

test("a picture becomes ready: metadata recorded, three sizes stored with private caching", async () => {
  const position = { latitude: -17.5, longitude: -149.75 };
  const bytes = await picture({ width: 1000, height: 700, takenAt: "2024-05-17T09:30:00", offset: "+02:00", position });
  const id = await pendingRevision(bytes, "x.png");
  expect(await deriveRevision(worker, id)).toEqual({ revisionId: id, state: "ready" });
  const takenAt = new Date("2024-05-17T07:30:00Z");
  const revision = await revisionById(id);
  expect(revision).toMatchObject({
    state: "ready",
    contentType: "image/jpeg",
    width: 1000,
    height: 700,
    takenAt,
    takenOffsetMinutes: 120,
    metadataVersion,
    ...position,
  });
  const shown = { takenAt, takenKnown: true, takenOffsetMinutes: 120, ...position };
  expect(await mediaOf(id)).toMatchObject(shown);
  expect(revision.derivedId).toMatch(/^[0-9a-f]{32}$/);
  for (const size of [200, 800, 1600]) {
    const Key = `derived/${revision.derivedId}/${size}.webp`;
    const object = await bucket.client.send(new GetObjectCommand({ Bucket: bucket.bucket, Key }));
    expect(object).toMatchObject({ ContentType: "image/webp", CacheControl: "private, max-age=31536000, immutable" });
    const body = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
    expect(body.subarray(8, 12).toString()).toBe("WEBP");
  }
});

test("the SHA-256 is recorded as computed by the site", async () => {
  const bytes = await picture({ width: 64, height: 64 });
  const id = await pendingRevision(bytes);
  await deriveRevision(worker, id);
  expect(await revisionById(id)).toMatchObject({ sha256: hex("sha256", bytes), sha256Proven: true });
});

test("of a too large original only the beginning is read, to detect its type", async () => {
  const bytes = await picture({ width: 2500, height: 2000 });
  expect(bytes.length).toBeGreaterThan(1024 * 1024);
  const id = await pendingRevision(bytes);
  let readBytes = 0;
  answers.alter = (body, send) => {
    readBytes += body.length;
    send(body);
  };
  expect(await deriveRevision(worker, id, 1024 * 1024)).toMatchObject({ state: "kept" });
  expect(readBytes).toBe(1024 * 1024);
  expect(await revisionById(id)).toMatchObject({ contentType: "image/jpeg", sha256: null, sha256Proven: false });
});

test("it is idempotent", async () => {
  const id = await pendingRevision(await picture({ width: 64, height: 64 }));
  await deriveRevision(worker, id);
  const before = [await revisionById(id), await derivedKeys(bucket)];
  expect(await deriveRevision(worker, id)).toEqual({ revisionId: id, state: "skipped" });
  expect([await revisionById(id), await derivedKeys(bucket)]).toEqual(before);
});

test("a deleted revision is skipped", async () => {
  const revisionId = "00000000-0000-4000-8000-000000000000";
  expect(await deriveRevision(worker, revisionId)).toEqual({ revisionId, state: "skipped" });
});

test("a file that is not a picture is kept, whatever its name", async () => {
  const id = await pendingRevision(notPictures.html, "holiday.jpg");
  await deriveRevision(worker, id);
  expect(await revisionById(id)).toMatchObject({ state: "kept", contentType: "text/plain", derivedId: null });
});

test("date and position of a file that gets no thumbnail are recorded", async () => {
  const id = await pendingRevision(heif({ exif: tokyo }), "a.heic");
  await deriveRevision(worker, id);
  const found = {
    takenAt: new Date("2023-12-31T22:30:00Z"),
    takenOffsetMinutes: 540,
    latitude: 35.5,
    longitude: 139.75,
  };
  expect(await revisionById(id)).toMatchObject({ state: "kept", contentType: "image/heic", ...found });
  expect(await mediaOf(id)).toMatchObject({ takenKnown: true, ...found });
});

test("a damaged picture shows what is left, with a warning; what is not shown as it is stored is told", async () => {
  const cut = await pendingRevision(truncated(await picture()));
  await deriveRevision(worker, cut);
  const warning = expect.stringMatching(/only what could be read is shown/);
  expect(await revisionById(cut)).toMatchObject({ state: "ready", warning, displayNote: null, rejectReason: null });
  const narrow = await pendingRevision(tiffPicture({ bits: 16, value: (x) => 28_000 + x }));
  await deriveRevision(worker, narrow);
  const displayNote = expect.stringMatching(/Brightness is stretched/);
  expect(await revisionById(narrow)).toMatchObject({ state: "ready", warning: null, displayNote });
});

test("a bad picture is rejected with its reason", async () => {
  const id = await pendingRevision(headerAlone(await picture()));
  await deriveRevision(worker, id);
  const rejectReason = expect.stringContaining("incomplete or damaged");
  expect(await revisionById(id)).toMatchObject({ state: "rejected", contentType: "image/jpeg", rejectReason });
});

const differ = { state: "rejected", rejectReason: expect.stringContaining("differs from the verified") };

test.each([
  ["another size", { sizeBytes: 7n }],
  ["another ETag", { etag: "0123456789abcdef0123456789abcdef" }],
])("bytes that are not the verified ones are rejected: %s", async (_what, data) => {
  const id = await pendingRevision(await picture({ width: 64, height: 64 }));
  await db().revision.update({ where: { id }, data });
  await deriveRevision(worker, id);
  expect(await revisionById(id)).toMatchObject(differ);
});

test("a bit changed in the storage is detected", async () => {
  const id = await pendingRevision(await picture({ width: 64, height: 64 }));
  answers.alter = (body, send) => {
    body.writeUInt8(body.readUInt8(500) ^ 1, 500);
    send(body);
  };
  await deriveRevision(worker, id);
  expect(await revisionById(id)).toMatchObject(differ);
});

test("a bit changed once in transit does not reject the picture", async () => {
  const id = await pendingRevision(await picture({ width: 64, height: 64 }));
  answers.alter = (body, send) => {
    answers.alter = answers.straight;
    body.writeUInt8(body.readUInt8(500) ^ 1, 500);
    send(body);
  };
  await deriveRevision(worker, id);
  expect(await revisionById(id)).toMatchObject({ state: "ready" });
});

/** Two parts; the first is as large as S3 requires. */
const inParts = () => [randomBytes(5 * 1024 * 1024), randomBytes(1_000)];

test("a bit changed in an original sent in parts is detected by its CRC64NVME, before its SHA-256 counts as proven", async () => {
  const id = await pendingInParts(inParts());
  expect(await revisionById(id)).toMatchObject({ md5: null, crc64nvme: expect.any(String) });
  answers.alter = (body, send) => {
    body.writeUInt8(body.readUInt8(500) ^ 1, 500);
    send(body);
  };
  await deriveRevision(worker, id);
  expect(await revisionById(id)).toMatchObject({ ...differ, sha256: null, sha256Proven: false });
});

test("the SHA-256 of an original sent in parts is proven by its CRC64NVME", async () => {
  const parts = inParts();
  const id = await pendingInParts(parts);
  await deriveRevision(worker, id);
  const sha256 = hex("sha256", Buffer.concat(parts));
  expect(await revisionById(id)).toMatchObject({ state: "kept", sha256, sha256Proven: true });
});

test("without any checksum of the storage nothing is proven", async () => {
  const id = await pendingInParts(inParts());
  await db().revision.update({ where: { id }, data: { crc64nvme: null } });
  await deriveRevision(worker, id);
  expect(await revisionById(id)).toMatchObject({ state: "kept", md5: null, sha256: null, sha256Proven: false });
});

test("a lost connection is a transient error", async () => {
  const id = await pendingRevision(await picture());
  answers.alter = (_body, _send, cut) => cut();
  await expect(deriveRevision(worker, id)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(await revisionById(id)).toMatchObject({ state: "pending" });
  answers.alter = answers.straight;
  expect(await deriveRevision(worker, id)).toMatchObject({ state: "ready" });
});

test("a killed decoder fails one attempt only", async () => {
  const id = await pendingRevision(await picture({ width: 3000, height: 2000 }));
  const small = await pendingRevision(await picture({ width: 64, height: 64 }));
  stopDecoders();
  await expect.poll(() => decoderPids()).toEqual([]);
  const attempt = deriveRevision(worker, id).then(
    () => "done",
    (error: Error) => error.name,
  );
  await expect.poll(() => decoderPids("ready").length, { interval: 5 }).toBe(1);
  for (const pid of decoderPids()) process.kill(pid, "SIGKILL");
  // Killed while it decoded, or before the picture was sent to it.
  expect(["DecoderError", "Error"]).toContain(await attempt);
  expect(await revisionById(id)).toMatchObject({ state: "pending" });
  expect(await deriveRevision(worker, small)).toMatchObject({ state: "ready" });
  expect(await deriveRevision(worker, id)).toMatchObject({ state: "ready" });
});
