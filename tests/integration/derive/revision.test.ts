import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { PgBoss } from "pg-boss";
import { pino } from "pino";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { db } from "@/lib/db";
import { decoderPids, stopDecoders } from "@/lib/derive/decoder";
import { storeDerivatives } from "@/lib/derive/derivatives";
import { deriveRevision, removeLeftDerivatives } from "@/lib/derive/revision";
import { handleDeriveFailed } from "@/lib/jobs/handlers";
import { reserveSpareId } from "@/lib/media/again/commands";
import { reserveDerivedId } from "@/lib/media/commands";
import { metadataVersion, oldestPictureVersions, pictureVersion } from "@/lib/media/policy";
import { revisionsToDeriveAgain, revisionsToReadAgain } from "@/lib/media/queries";
import { bucketPermit } from "@/lib/owner/commands";
import { storage } from "@/lib/storage/client";
import { listObjectVersions } from "@/lib/storage/list";
import { hex } from "@/tests/support/checksums";
import { tiffPicture } from "@/tests/support/formats/tiff";
import { exifSegment, heif } from "@/tests/support/metadata/containers";
import { ascii, position as positionTags, tag, tiff } from "@/tests/support/metadata/tiff";
import { headerAlone, notPictures, picture, pngChunk, truncated } from "@/tests/support/pictures";
import { testBucket, testDatabase } from "@/tests/support/services";
import { pendingInParts, pendingRevision, revisionById, worker } from "./fixtures";

await testDatabase();
const bucket = await testBucket();

// A proxy between app and storage, so that tests can alter responses. Passes on the Host header, which is signed.
type Spoil = (body: Buffer, send: (body: Buffer) => void, cut: () => void) => void;
const straight: Spoil = (body, send) => send(body);
let spoil = straight;
const target = new URL(bucket.endpoint);
const proxy = http.createServer((request, response) => {
  const { method, url, headers } = request;
  const onward = http.request({ host: target.hostname, port: target.port, method, path: url, headers }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on("data", (chunk: Buffer) => chunks.push(chunk));
    answer.on("end", () => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      const send = (body: Buffer) => response.end(body);
      const cut = () => {
        response.write(Buffer.concat(chunks).subarray(0, 1_000));
        setImmediate(() => response.destroy());
      };
      if (method === "GET" && url?.startsWith(`/${bucket.bucket}/media/`)) spoil(Buffer.concat(chunks), send, cut);
      else send(Buffer.concat(chunks));
    });
  });
  request.pipe(onward);
});
await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
process.env.S3_ENDPOINT = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

// A folder of its own, so that anything left in it was left by the test.
const tempRoot = mkdtempSync(path.join(tmpdir(), "atoll-test-"));
process.env.TMPDIR = tempRoot;

afterEach(async () => {
  spoil = straight;
  expect((await readdir(tempRoot)).filter((name) => name.startsWith("atoll-"))).toEqual([]);
});
afterAll(() => {
  stopDecoders();
  proxy.close();
  rmSync(tempRoot, { recursive: true });
});

/** EXIF of a picture taken in Tokyo. */
const tokyo = tiff({
  exif: { [tag.dateTimeOriginal]: ascii("2024:01:01 07:30:00"), [tag.offsetTimeOriginal]: ascii("+09:00") },
  gps: positionTags(35.5, 139.75),
});

async function largeJpeg(): Promise<Buffer> {
  const bytes = await picture({ width: 1600, height: 1200 });
  return Buffer.concat([bytes.subarray(0, 2), exifSegment(tokyo), bytes.subarray(2)]);
}

async function largePng(): Promise<Buffer> {
  const bytes = await picture({ width: 640, height: 480, format: "png" });
  const end = bytes.length - 12;
  return Buffer.concat([bytes.subarray(0, end), pngChunk("eXIf", tokyo), bytes.subarray(end)]);
}

async function mediaOf(revisionId: string) {
  const { mediaId } = await revisionById(revisionId);
  return db().media.findUniqueOrThrow({ where: { id: mediaId } });
}

async function derivedKeys(): Promise<string[]> {
  const { Contents = [] } = await bucket.client.send(
    new ListObjectsV2Command({ Bucket: bucket.bucket, Prefix: "derived/" }),
  );
  return Contents.flatMap(({ Key }) => Key ?? []);
}

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
  spoil = (body, send) => {
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
  const before = [await revisionById(id), await derivedKeys()];
  expect(await deriveRevision(worker, id)).toEqual({ revisionId: id, state: "skipped" });
  expect([await revisionById(id), await derivedKeys()]).toEqual(before);
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
    spoil = (body, send) => {
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
  spoil = (body, send) => {
    body.writeUInt8(body.readUInt8(500) ^ 1, 500);
    send(body);
  };
  await deriveRevision(worker, id);
  expect(await revisionById(id)).toMatchObject(differ);
});

test("a bit changed once in transit does not reject the picture", async () => {
  const id = await pendingRevision(await picture({ width: 64, height: 64 }));
  spoil = (body, send) => {
    spoil = straight;
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
  spoil = (body, send) => {
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

const context = { boss: {} as PgBoss, viewer: worker, log: pino({ enabled: false }) };
const failed = { sourceOutput: { code: "DECODER_FAILED" } };

async function versionsOf(derivedId: string | null): Promise<number> {
  let count = 0;
  for await (const page of listObjectVersions(`derived/${derivedId}/`)) count += page.length;
  return count;
}

/** Calls `run` before the first derivative is stored by `during`. */
async function beforeStoring<T>(run: () => Promise<void>, during: () => Promise<T>): Promise<T> {
  let isFirst = true;
  storage().client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === "PutObjectCommand" && isFirst) {
          isFirst = false;
          await run();
        }
        return next(args);
      },
    { step: "initialize", name: "before" },
  );
  try {
    return await during();
  } finally {
    storage().client.middlewareStack.remove("before");
  }
}

const oldestTypes = Object.entries(oldestPictureVersions.byType);

test.each([
  ["revision_metadata_outdated_idx", `metadata_version < ${metadataVersion}`],
  [
    "revision_picture_outdated_idx",
    oldestTypes.map(([type, version]) => `WHEN '${type}'::text THEN ${version}`).join(" "),
  ],
])("the sweep's index %s holds what today's rules are newer than", async (name, condition) => {
  const indexes = await db()
    .$queryRaw`SELECT regexp_replace(indexdef, '\\s+', ' ', 'g') AS indexdef FROM pg_indexes WHERE indexname = ${name}`;
  expect(indexes).toEqual([{ indexdef: expect.stringContaining(condition) }]);
});

describe("a picture that older rules decoded", () => {
  const taken = new Date("2020-05-01T10:00:00Z");
  const derivatives = [{ size: 200, bytes: new Uint8Array([1]) }] as const;

  /** As older rules left it: shown, with a date that today's rules do not find. */
  async function outdated(bytes: Buffer): Promise<{ id: string; old: string }> {
    const id = await pendingRevision(bytes);
    const old = (await reserveDerivedId(worker, id)) ?? "";
    await storeDerivatives(await bucketPermit(worker), old, [...derivatives]);
    const ready = { state: "ready", contentType: "image/tiff", width: 1, height: 1, takenAt: taken } as const;
    await db().revision.update({ where: { id }, data: { ...ready, pictureVersion: 0 } });
    expect(await revisionsToDeriveAgain(worker, 10)).toEqual([id]);
    return { id, old };
  }

  async function expectDone(id: string, derivedId: string | null): Promise<void> {
    expect(await revisionById(id)).toMatchObject({ pictureVersion, derivedId, spareDerivedId: null });
    expect(await revisionsToDeriveAgain(worker, 10)).toEqual([]);
  }

  const again = (id: string) => deriveRevision(worker, id);
  const small = () => picture({ width: 64, height: 48 });

  test("is shown as before until its new derivatives are stored, and the old ones are deleted then", async () => {
    const { id, old } = await outdated(await small());
    let seen: object | undefined;
    const look = async () => {
      seen = { ...(await revisionById(id)), versions: await versionsOf(old) };
    };
    expect(await beforeStoring(look, () => again(id))).toEqual({ revisionId: id, state: "derivedAgain" });
    expect(seen).toMatchObject({ state: "ready", derivedId: old, width: 1, versions: 1 });
    const { derivedId, ...now } = await revisionById(id);
    expect(now).toMatchObject({ state: "ready", contentType: "image/jpeg", width: 64, height: 48, takenAt: taken });
    expect(derivedId).not.toBe(old);
    expect([await versionsOf(old), await versionsOf(derivedId)]).toEqual([0, 3]);
    await expectDone(id, derivedId);
    expect(await again(id)).toMatchObject({ state: expect.not.stringMatching("derivedAgain") });
  });

  test.each([
    ["today's rules reject it", again],
    [
      "today's decoder fails on it each time",
      (id: string) => handleDeriveFailed(context, { data: { revisionId: id }, ...failed }),
    ],
    [
      "it ends the worker each time",
      (id: string) => handleDeriveFailed(context, { data: { revisionId: id }, sourceOutput: {} }),
    ],
  ])("stays as it is where %s, and no try is left behind", async (_why, end) => {
    const { id, old } = await outdated(headerAlone(await picture()));
    const spare = (await reserveSpareId(worker, id)) ?? "";
    await storeDerivatives(await bucketPermit(worker), spare, [...derivatives]);
    await end(id);
    for (const one of await revisionsToDeriveAgain(worker, 10)) await again(one);
    expect(await revisionById(id)).toMatchObject({ state: "ready", rejectReason: null, width: 1, takenAt: taken });
    expect([await versionsOf(old), await versionsOf(spare)]).toEqual([1, 0]);
    await expectDone(id, old);
  });

  test.each([
    ["between storing and recording", { pictureVersion: 0 }],
    ["between recording and deleting", {}],
  ])("leaves no derivatives behind when the worker is killed %s", async (_when, rewound) => {
    const { id, old } = await outdated(await small());
    const kill = new Error("killed");
    const spare = (await reserveSpareId(worker, id)) ?? "";
    await storeDerivatives(await bucketPermit(worker), spare, [...derivatives]);
    const swapped = { derivedId: spare, spareDerivedId: old, pictureVersion };
    if (!("pictureVersion" in rewound)) await db().revision.update({ where: { id }, data: swapped });
    else
      await expect(
        beforeStoring(
          () => Promise.reject(kill),
          () => again(id),
        ),
      ).rejects.toThrow();
    expect(await revisionsToDeriveAgain(worker, 10)).toEqual([id]);
    await again(id);
    expect(await versionsOf(old)).toBe(0);
    await expectDone(id, spare);
  });

  test("is derived again where its type's rules are newer, and left where they are not", async () => {
    const { id } = await outdated(await small());
    const at = (version: number, contentType: string) =>
      db().revision.update({ where: { id }, data: { pictureVersion: version, contentType } });
    await at(1, "image/jpeg");
    expect(await revisionsToDeriveAgain(worker, 10)).toEqual([]);
    expect(await again(id)).not.toMatchObject({ state: "derivedAgain" });
    await at(1, "image/tiff");
    expect(await revisionsToDeriveAgain(worker, 10)).toEqual([id]);
    expect(await again(id)).toMatchObject({ state: "derivedAgain" });
    await expectDone(id, (await revisionById(id)).derivedId);
  });

  test("is shown where it was rejected, and keeps today's reason where it is still", async () => {
    for (const [bytes, wanted] of [
      [await small(), { state: "ready", width: 64, rejectReason: null }],
      [
        headerAlone(await picture()),
        { state: "rejected", rejectReason: expect.stringMatching(/JPEG could not be read/) },
      ],
      [notPictures.html, { state: "kept", rejectReason: null, contentType: "text/plain" }],
    ] as const) {
      const id = await pendingRevision(bytes);
      await db().revision.update({
        where: { id },
        data: { state: "rejected", rejectReason: "old", pictureVersion: 0 },
      });
      await again(id);
      expect(await revisionById(id)).toMatchObject(wanted);
      await expectDone(id, (await revisionById(id)).derivedId);
    }
  });
});

describe("the derivatives of a rejected picture", () => {
  /** As an attempt that was killed before it could record anything, twice. */
  async function killedAttempts(id: string): Promise<string> {
    const derivedId = (await reserveDerivedId(worker, id)) ?? "";
    const derivatives = [{ size: 200, bytes: new Uint8Array([1]) }] as const;
    const permit = await bucketPermit(worker);
    for (const attempt of [1, 2]) await storeDerivatives(permit, derivedId, [...derivatives]).then(() => attempt);
    expect(await versionsOf(derivedId)).toBe(2);
    return derivedId;
  }

  test("are never stored when its bytes are not those that were announced", async () => {
    const id = await pendingRevision(await picture({ width: 64, height: 64 }));
    await db().revision.update({ where: { id }, data: { sha256: hex("sha256", "other") } });
    const before = await derivedKeys();
    expect(await deriveRevision(worker, id)).toMatchObject({ state: "rejected" });
    expect(await revisionById(id)).toMatchObject({ rejectReason: expect.stringContaining("not those that were sent") });
    expect(await derivedKeys()).toEqual(before);
  });

  test("are deleted when a later attempt rejects it", async () => {
    const id = await pendingRevision(headerAlone(await picture()));
    const derivedId = await killedAttempts(id);
    expect(await deriveRevision(worker, id)).toMatchObject({ state: "rejected" });
    expect(await versionsOf(derivedId)).toBe(0);
  });

  test("are deleted when all its attempts failed", async () => {
    const id = await pendingRevision(await picture({ width: 64, height: 64 }));
    const derivedId = await killedAttempts(id);
    await handleDeriveFailed(context, { data: { revisionId: id }, ...failed });
    expect(await revisionById(id)).toMatchObject({ state: "rejected", derivedId: null });
    expect(await versionsOf(derivedId)).toBe(0);
  });

  test("are deleted when an attempt stores them after another one rejected it", async () => {
    const id = await pendingRevision(await picture({ width: 64, height: 64 }));
    let derivedId = "";
    const reject = async () => {
      derivedId = (await revisionById(id)).derivedId ?? "";
      await handleDeriveFailed(context, { data: { revisionId: id }, ...failed });
    };
    expect(await beforeStoring(reject, () => deriveRevision(worker, id))).toMatchObject({ state: "skipped" });
    expect(await revisionById(id)).toMatchObject({ state: "rejected" });
    expect(derivedId).toMatch(/^[0-9a-f]{32}$/);
    expect(await versionsOf(derivedId)).toBe(0);
  });
});

describe("rejecting a picture that has derivatives", () => {
  const reject = (id: string) =>
    handleDeriveFailed(
      { boss: {} as PgBoss, viewer: worker, log: pino({ enabled: false }) },
      { data: { revisionId: id }, sourceOutput: { code: "DECODER_FAILED" } },
    );

  /** As an attempt that was killed before it could record anything. */
  async function killedAttempt(): Promise<{ id: string; derivedId: string }> {
    const id = await pendingRevision(await picture({ width: 64, height: 64 }));
    const derivedId = (await reserveDerivedId(worker, id)) ?? "";
    await storeDerivatives(await bucketPermit(worker), derivedId, [{ size: 200, bytes: new Uint8Array([1]) }]);
    return { id, derivedId };
  }

  async function storedOf(derivedId: string): Promise<number> {
    return (await derivedKeys()).filter((key) => key.startsWith(`derived/${derivedId}/`)).length;
  }

  /** Does something before the storage gets the first request about derivatives, and sends it then. */
  function beforeDeletion(act: () => Promise<unknown>): void {
    let isDone = false;
    storage().client.middlewareStack.add(
      (next) => async (args) => {
        const { Prefix = "" } = args.input as { Prefix?: string };
        if (Prefix.startsWith("derived/") && !isDone) {
          isDone = true;
          await act();
        }
        return next(args);
      },
      { step: "initialize", name: "meanwhile" },
    );
  }

  test("leaves no picture without its bytes when another worker derives it at the same time", async () => {
    const { id, derivedId } = await killedAttempt();
    beforeDeletion(() => deriveRevision(worker, id));
    await reject(id);
    storage().client.middlewareStack.remove("meanwhile");
    expect(await revisionById(id)).toMatchObject({ state: "rejected", derivedId: null });
    expect(await storedOf(derivedId)).toBe(0);
    // The other way round the picture stays: it has ended already.
    const other = await killedAttempt();
    await deriveRevision(worker, other.id);
    await reject(other.id);
    expect(await revisionById(other.id)).toMatchObject({ state: "ready", derivedId: other.derivedId });
    expect(await storedOf(other.derivedId)).toBeGreaterThan(0);
  });

  test("is finished by the sweep when the storage goes away in between", async () => {
    const { id, derivedId } = await killedAttempt();
    beforeDeletion(async () => {
      throw new Error("away");
    });
    await expect(reject(id)).rejects.toThrow();
    storage().client.middlewareStack.remove("meanwhile");
    expect(await revisionById(id)).toMatchObject({ state: "rejected", derivedId });
    expect(await removeLeftDerivatives(worker, 100)).toBe(1);
    expect(await revisionById(id)).toMatchObject({ state: "rejected", derivedId: null });
    expect(await storedOf(derivedId)).toBe(0);
    expect(await removeLeftDerivatives(worker, 100)).toBe(0);
  });
});

test("a lost connection is a transient error", async () => {
  const id = await pendingRevision(await picture());
  spoil = (_body, _send, cut) => cut();
  await expect(deriveRevision(worker, id)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(await revisionById(id)).toMatchObject({ state: "pending" });
  spoil = straight;
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
