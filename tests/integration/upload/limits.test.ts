import { DeleteObjectCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { bucketPermit } from "@/lib/owner/commands";
import { setCollectionQuota } from "@/lib/quota/commands";
import { storage } from "@/lib/storage/client";
import { listObjectVersions } from "@/lib/storage/objects/list";
import { createMultipart, listMultiparts } from "@/lib/storage/objects/multipart";
import { headObject } from "@/lib/storage/objects/objects";
import { openUpload, renewPolicy, sealUpload } from "@/lib/upload/commands";
import { cancelFiles, registerFiles } from "@/lib/upload/file/commands";
import { signParts } from "@/lib/upload/part/commands";
import {
  anotherOverMessage,
  collectionOverMessage,
  noSpaceReason,
  overMessage,
  uploadPolicy,
} from "@/lib/upload/policy";
import { uploadStatus, uploadsToMeasure } from "@/lib/upload/queries";
import { measureUpload } from "@/lib/upload/verify/measure";
import { reapUpload } from "@/lib/upload/verify/reap";
import { dropInto } from "@/tests/integration/main-job/drops";
import { hex } from "@/tests/support/checksums";
import { testCollection, testMember, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { opened, post, verified } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
const bucket = await testBucket();
afterAll(() => stopQueue());

const quota = 20_000;
const bytes = (count: number) => "x".repeat(count);
const minutes = (count: number) => new Date(Date.now() + count * 60_000);
const graceMinutes = uploadPolicy.overGraceSeconds / 60;

let owner: UserViewer;
let slug: string;

beforeEach(async () => {
  // Another person each time: one with an upload that is over may open no other.
  owner = await testUser("Owner");
  slug = await testCollection(owner);
  await setCollectionQuota(system, slug, BigInt(quota));
});

async function account() {
  const { usedBytes, reservedBytes } = await db().collection.findUniqueOrThrow({ where: { slug } });
  return { used: Number(usedBytes), reserved: Number(reservedBytes) };
}

async function storedIn(prefix: string): Promise<number> {
  let stored = 0;
  for await (const page of listObjectVersions(prefix)) for (const { sizeBytes } of page) stored += sizeBytes;
  return stored;
}

describe("files that were not registered", () => {
  it("beyond the quota end their upload, after a grace as long as its policy lives, and their bytes are removed", async () => {
    const files = Object.fromEntries([1, 2, 3].map((name) => [`f${name}`, bytes(50_000)]));
    const [other, upload] = [await opened(owner, slug), await opened(owner, slug, files)];
    expect(await measureUpload(system, upload.id)).toEqual({ unregisteredBytes: 150_000, removed: 0, state: "over" });
    // As much as there is room for is reserved: no other upload gets it meanwhile.
    expect(await account()).toEqual({ used: 0, reserved: quota });
    await expect(registerFiles(owner, other.id, [{ path: "a", size: 1 }])).rejects.toMatchObject({ code: "TOO_LARGE" });
    await expect(renewPolicy(owner, upload.id)).rejects.toMatchObject({ code: "TOO_LARGE", message: overMessage });

    expect(await measureUpload(system, upload.id, minutes(graceMinutes - 1))).toMatchObject({ state: "over" });
    expect(await measureUpload(system, upload.id, minutes(graceMinutes + 1))).toMatchObject({ state: "ended" });
    const { state, endReason } = await uploadStatus(owner, upload.id);
    expect([state, endReason]).toEqual([
      "aborted",
      expect.stringMatching(/held 127 KiB more than there was space for/),
    ]);
    await expect(renewPolicy(owner, upload.id)).rejects.toMatchObject({ code: "CONFLICT", message: endReason });
    await expect(sealUpload(owner, upload.id)).rejects.toMatchObject({ code: "CONFLICT", message: endReason });
    expect(await db().event.count({ where: { subjectId: upload.id, action: "upload.aborted" } })).toBe(1);
    expect(await account()).toEqual({ used: 0, reserved: 0 });
    await reapUpload(system, upload.id);
    expect(await storedIn(upload.prefix)).toBe(0);
    expect(await measureUpload(system, upload.id)).toBeNull();
  });

  it("beyond the quota are left out when the upload is finished in time: what fits is kept", async () => {
    const upload = await opened(owner, slug, { a: bytes(15_000), b: bytes(15_000) });
    await measureUpload(system, upload.id);
    await verified(owner, upload);
    expect(await uploadStatus(owner, upload.id)).toMatchObject({ rejected: [{ path: "b", reason: noSpaceReason }] });
    expect(await account()).toEqual({ used: 15_000, reserved: 0 });
    await reapUpload(system, upload.id);
    expect(await storedIn(upload.prefix)).toBe(15_000);
  });

  it("within the quota are reserved, once, also when they are registered later", async () => {
    const upload = await opened(owner, slug, { a: bytes(15_000) });
    expect(await measureUpload(system, upload.id)).toMatchObject({ unregisteredBytes: 15_000, state: "within" });
    expect(await account()).toEqual({ used: 0, reserved: 15_000 });
    await registerFiles(owner, upload.id, [{ path: "a", size: 15_000 }]);
    expect(await account()).toEqual({ used: 0, reserved: 15_000 });
    expect(await measureUpload(system, upload.id)).toMatchObject({ unregisteredBytes: 0 });
    expect(await account()).toEqual({ used: 0, reserved: 15_000 });
    await verified(owner, upload);
    expect(await account()).toEqual({ used: 15_000, reserved: 0 });
  });

  it("stay within the quota again when it is raised", async () => {
    const upload = await opened(owner, slug, { a: bytes(30_000) });
    expect(await measureUpload(system, upload.id)).toMatchObject({ state: "over" });
    await setCollectionQuota(system, slug, 40_000n);
    expect(await measureUpload(system, upload.id, minutes(60))).toMatchObject({ state: "within" });
    expect((await renewPolicy(owner, upload.id)).url).toContain("http");
    await setCollectionQuota(system, slug, null);
    expect(await measureUpload(system, upload.id)).toMatchObject({ state: "within" });
    expect(await account()).toEqual({ used: 0, reserved: 0 });
  });
});

it("an upload that is over stops new grants to its person, and to its collection while that is full", async () => {
  const [ann, ben] = [await testMember(slug, "contributor"), await testMember(slug, "contributor")];
  const elsewhere = await testCollection(ann);
  const key = "once";
  const keyed = await openUpload(ann, { collectionSlug: elsewhere }, key);
  const bens = await opened(ben, slug);
  const over = await opened(ann, slug, { a: bytes(30_000) });
  expect(await measureUpload(system, over.id)).toMatchObject({ state: "over" });
  const refused = { code: "TOO_LARGE", message: anotherOverMessage };
  await expect(opened(ann, elsewhere)).rejects.toMatchObject(refused);
  await expect(renewPolicy(ann, keyed.id)).rejects.toMatchObject(refused);
  await expect(openUpload(ann, { collectionSlug: elsewhere }, key)).rejects.toMatchObject(refused);
  await expect(opened(ben, slug)).rejects.toMatchObject({ code: "TOO_LARGE", message: collectionOverMessage });
  // Others may finish what they began, and what they add elsewhere is no matter of this collection.
  expect((await renewPolicy(ben, bens.id)).url).toContain("http");
  expect((await opened(ben, await testCollection(ben))).state).toBe("open");
  // A collection that has room is closed to no one for the quota of one person.
  await setCollectionQuota(system, slug, 100_000n);
  expect((await opened(ben, slug)).state).toBe("open");
  await sealUpload(ann, over.id);
  expect((await renewPolicy(ann, keyed.id)).url).toContain("http");
  expect((await opened(ann, slug)).state).toBe("open");
});

it("versions that are removed count once: a file may be sent twice, not over and over again", async () => {
  const upload = await opened(owner, slug);
  await registerFiles(owner, upload.id, [
    { path: "again", size: 15_000 },
    { path: "canceled", size: 5_000 },
  ]);
  const again = async (count: number) => {
    for (let sent = 0; sent < count; sent += 1) await post(upload, "again", bytes(15_000));
  };
  await again(2);
  expect(await measureUpload(system, upload.id)).toEqual({ unregisteredBytes: 0, removed: 1, state: "within" });
  await again(3);
  expect(await measureUpload(system, upload.id)).toEqual({ unregisteredBytes: 0, removed: 3, state: "over" });
  await expect(renewPolicy(owner, upload.id)).rejects.toMatchObject({ code: "TOO_LARGE", message: overMessage });
  expect(await storedIn(upload.prefix)).toBe(15_000);
  expect(await measureUpload(system, upload.id)).toEqual({ unregisteredBytes: 0, removed: 0, state: "within" });
  await cancelFiles(owner, upload.id, ["canceled"]);
  for (let sent = 0; sent < 3; sent += 1) await post(upload, "canceled", bytes(5_000));
  expect(await measureUpload(system, upload.id)).toMatchObject({ removed: 3, state: "over" });
  await again(2);
  await again(1);
  expect(await measureUpload(system, upload.id, minutes(graceMinutes + 1))).toMatchObject({ state: "ended" });
});

describe("a file sent under another form of Unicode than it was registered", () => {
  const path = "café.jpg".normalize("NFC");
  const nfd = path.normalize("NFD");
  // Decomposed by its sender alone: neither NFC nor NFD.
  const [kelvin, mixed] = ["caf\u00e9 \u212a.jpg", "cafe\u0301 \u212a.jpg"];
  const file = { path, sentAs: nfd, size: 15_000, modifiedAt: 1 };

  it.each([
    ["in NFD", path, nfd, undefined],
    ["in NFD, as it said", path, nfd, nfd],
    ["in its own form, as it said", kelvin.normalize("NFC"), mixed, mixed],
  ])("keeps what is reserved for it, and is known to be there: %s", async (_, registeredAs, sentUnder, sentAs) => {
    const upload = await opened(owner, slug);
    const registered = { path: registeredAs, size: 15_000, modifiedAt: 1, ...(sentAs && { sentAs }) };
    await registerFiles(owner, upload.id, [registered]);
    await post(upload, sentUnder, bytes(15_000));
    expect(await measureUpload(system, upload.id)).toEqual({ unregisteredBytes: 0, removed: 0, state: "within" });
    expect(await registerFiles(owner, upload.id, [registered])).toMatchObject([{ status: "present" }]);
    await verified(owner, upload);
    expect(await uploadStatus(owner, upload.id)).toMatchObject({ files: { verified: 1, rejected: 0 } });
    expect(await account()).toEqual({ used: 15_000, reserved: 0 });
  });

  it("is reserved for once, in however many forms it is sent", async () => {
    const upload = await opened(owner, slug);
    await registerFiles(owner, upload.id, [{ path: kelvin.normalize("NFC"), size: 5_000 }]);
    for (const form of [kelvin.normalize("NFC"), kelvin.normalize("NFD"), kelvin, mixed])
      await post(upload, form, bytes(5_000));
    expect(await measureUpload(system, upload.id)).toMatchObject({ unregisteredBytes: 15_000, state: "within" });
    await post(upload, `${nfd} unregistered`, bytes(1));
    expect(await measureUpload(system, upload.id)).toMatchObject({ unregisteredBytes: 15_001, state: "over" });
  });

  it("is removed when it is canceled, at once and by the next measurement", async () => {
    const upload = await opened(owner, slug);
    await registerFiles(owner, upload.id, [file]);
    await post(upload, nfd, bytes(15_000));
    await cancelFiles(owner, upload.id, [path]);
    expect(await storedIn(upload.prefix)).toBe(0);
    await post(upload, nfd, bytes(15_000));
    expect(await measureUpload(system, upload.id)).toMatchObject({ unregisteredBytes: 0, removed: 1 });
    expect(await storedIn(upload.prefix)).toBe(0);
  });

  it("is not copied again from the file that has its bytes", async () => {
    await setCollectionQuota(system, slug, null);
    const body = bytes(100);
    await dropInto(slug, { "original.jpg": body }, { by: owner });
    const upload = await opened(owner, slug);
    const same = { ...file, size: 100, sha256: hex("sha256", body) };
    expect(await registerFiles(owner, upload.id, [same])).toMatchObject([{ status: "present" }]);
    await post(upload, nfd, body);
    await verified(owner, upload);
    expect(await uploadStatus(owner, upload.id)).toMatchObject({ files: { verified: 1, rejected: 0 } });
  });
});

describe("a reservation whose bytes have arrived", () => {
  const path = "arrived.jpg";
  const [size, body] = [5_000, bytes(5_000)];
  const cases: [string, again: { size: number; sha256?: string }, takes: (ann: UserViewer) => Promise<unknown>][] = [
    [
      "another person took its path",
      { size },
      async () => dropInto(slug, { [path]: "taken" }, { by: await testMember(slug, "contributor") }),
    ],
    [
      "its media have the same bytes now",
      { size, sha256: hex("sha256", body) },
      (ann) => dropInto(slug, { [path]: body }, { by: ann }),
    ],
    ["it is smaller now", { size: 10 }, async () => undefined],
  ];

  it.each(cases)("stays as long as they do: %s", async (_, again, takes) => {
    const ann = await testMember(slug, "contributor");
    const upload = await opened(ann, slug);
    await registerFiles(ann, upload.id, [{ path, size, modifiedAt: 1 }]);
    await post(upload, path, body);
    await takes(ann);
    await registerFiles(ann, upload.id, [{ path, ...again, modifiedAt: 2 }]);
    // No one else is given the room that they take.
    const left = quota - (await account()).used - size;
    const other = { path: "other.jpg", size: left + 1 };
    await expect(registerFiles(ann, upload.id, [other])).rejects.toMatchObject({ code: "TOO_LARGE" });
    await registerFiles(ann, upload.id, [{ ...other, size: left }]);
    await post(upload, other.path, bytes(left));
    for (const at of [0, graceMinutes + 1])
      expect(await measureUpload(system, upload.id, minutes(at))).toMatchObject({
        unregisteredBytes: 0,
        state: "within",
      });
    // Canceled, it is removed, and its room is free.
    await cancelFiles(ann, upload.id, [path]);
    await registerFiles(ann, upload.id, [{ path: "third.jpg", size }]);
    expect(await measureUpload(system, upload.id)).toMatchObject({ unregisteredBytes: 0, state: "within" });
  });
});

describe("what is stored beyond what is reserved", () => {
  it("counts where a file is larger than it was registered", async () => {
    const upload = await opened(owner, slug);
    await registerFiles(owner, upload.id, [
      { path: "a", size: 100 },
      { path: "b", size: 300 },
    ]);
    await post(upload, "a", bytes(5_000));
    await post(upload, "b", bytes(300));
    expect(await measureUpload(system, upload.id)).toMatchObject({ unregisteredBytes: 4_900 });
    expect(await account()).toEqual({ used: 0, reserved: 400 + 4_900 });
  });

  it("counts for parts that belong to no registered file", async () => {
    const [upload, registered] = [await opened(owner, slug), await opened(owner, slug)];
    const target = { Bucket: bucket.bucket, Key: `${upload.prefix}film.mov` };
    const UploadId = await createMultipart(await bucketPermit(system), { key: target.Key });
    await bucket.client.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: bytes(30_000) }));
    expect(await measureUpload(system, upload.id)).toMatchObject({ unregisteredBytes: 30_000, state: "over" });
    await setCollectionQuota(system, slug, null);
    const [file] = await registerFiles(owner, registered.id, [{ path: "film.mov", size: 17_000_000 }]);
    const fileId = file?.multipart?.fileId ?? "";
    const { urls } = await signParts(owner, registered.id, { fileId, parts: [3] });
    const body = bytes(17_000_000 - 2 * 8 * 1_024 * 1_024);
    expect((await fetch(urls["3"] ?? "", { method: "PUT", body })).status).toBe(200);
    expect(await measureUpload(system, registered.id)).toMatchObject({ unregisteredBytes: 0 });
  });

  it("is removed where it cannot become media: replaced versions, and what arrived for a canceled file", async () => {
    const upload = await opened(owner, slug);
    await registerFiles(owner, upload.id, [
      { path: "again", size: 400 },
      { path: "canceled", size: 400 },
    ]);
    for (const body of [bytes(100), bytes(200), bytes(400)]) await post(upload, "again", body);
    await cancelFiles(owner, upload.id, ["canceled"]);
    await post(upload, "canceled", bytes(400));
    // Not replaced by another version, but hidden by an operator, who may want it back.
    await post(upload, "hidden", bytes(50));
    await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.bucket, Key: `${upload.prefix}hidden` }));
    expect(await measureUpload(system, upload.id)).toEqual({ unregisteredBytes: 50, removed: 3, state: "within" });
    expect(await storedIn(upload.prefix)).toBe(450);
  });
});

it("measuring aborts multiparts that were superseded, whose abort failed, so that they end no upload", async () => {
  const upload = await opened(owner, slug);
  await setCollectionQuota(system, slug, 20_000_000n);
  const size = 17_000_000;
  const files = ["canceled.mov", "again.mov", "begun.mov"].map((path) => ({ path, size }));
  const sendPart = async (key: string, UploadId: string) => {
    const target = { Bucket: bucket.bucket, Key: upload.prefix + key, UploadId };
    await bucket.client.send(new UploadPartCommand({ ...target, PartNumber: 1, Body: bytes(30_000) }));
  };
  const ids = new Map<string, string>();
  for (const file of files) {
    const [answer] = await registerFiles(owner, upload.id, [file]);
    const fileId = answer?.multipart?.fileId ?? "";
    await signParts(owner, upload.id, { fileId, parts: [1] });
    const { s3UploadId } = await db().uploadFile.findUniqueOrThrow({ where: { id: fileId } });
    ids.set(file.path, s3UploadId ?? "");
    await sendPart(file.path, s3UploadId ?? "");
    // The rows as after a change whose abort failed.
    const data = { "canceled.mov": { canceledAt: new Date() }, "again.mov": { s3UploadId: "another" } }[file.path];
    await db().uploadFile.update({ where: { id: fileId }, data: { ...data, reservedBytes: 0 } });
    await db().collection.update({ where: { slug }, data: { reservedBytes: 0 } });
    await db().user.update({ where: { id: owner.userId }, data: { reservedBytes: 0 } });
    await db().upload.update({ where: { id: upload.id }, data: { reservedBytes: 0 } });
  }
  // A file that has recorded none yet may be about to record this one.
  await db().uploadFile.updateMany({ where: { s3UploadId: ids.get("begun.mov") ?? "" }, data: { s3UploadId: null } });
  expect(await measureUpload(system, upload.id)).toEqual({ unregisteredBytes: 30_000, removed: 2, state: "within" });
  const left: string[] = [];
  for await (const page of listMultiparts(upload.prefix)) left.push(...page.map(({ s3UploadId }) => s3UploadId));
  expect(left).toEqual([ids.get("begun.mov")]);
});

it("measuring and canceling remove nothing of an upload that was under way at a take-over, and count all of it", async () => {
  const upload = await opened(owner, slug);
  await registerFiles(owner, upload.id, [
    { path: "again", size: 200 },
    { path: "canceled", size: 400 },
  ]);
  for (const body of [bytes(100), bytes(200)]) await post(upload, "again", body);
  await post(upload, "canceled", bytes(400));
  await db().upload.update({ where: { id: upload.id }, data: { keepsUnpinned: true } });
  await cancelFiles(owner, upload.id, ["canceled"]);
  expect(await storedIn(upload.prefix)).toBe(700);
  expect(await measureUpload(system, upload.id)).toEqual({ unregisteredBytes: 500, removed: 0, state: "within" });
  expect(await storedIn(upload.prefix)).toBe(700);
  // Registered again it must be sent again: what is there was sent for the canceled one.
  const [answer] = await registerFiles(owner, upload.id, [{ path: "canceled", size: 400 }]);
  expect(answer?.status).toBe("post");
  await verified(owner, upload);
  expect((await uploadStatus(owner, upload.id)).rejected.map(({ path }) => path)).toEqual(["canceled"]);
  expect(await reapUpload(system, upload.id, minutes(60 * 24 * 30))).toBeNull();
  expect(await storedIn(upload.prefix)).toBe(700);
});

it("measuring removes no version that was verified meanwhile and then replaced by a replayed policy", async () => {
  const upload = await opened(owner, slug, { a: "verified" });
  let isFirst = true;
  storage().client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === "ListObjectVersionsCommand" && isFirst) {
          isFirst = false;
          await verified(owner, upload);
          await post(upload, "a", "replayed");
        }
        return next(args);
      },
    { step: "initialize", name: "meanwhile" },
  );
  expect(await measureUpload(system, upload.id)).toBeNull();
  storage().client.middlewareStack.remove("meanwhile");
  const pinned = await db().revision.findFirstOrThrow({ where: { uploadId: upload.id } });
  expect(await headObject(pinned)).toMatchObject({ sizeBytes: "verified".length });
});

it("open uploads are measured every few minutes, the unmeasured ones first, where an account has a quota", async () => {
  const free = await opened(owner, await testCollection(owner));
  const [first, second] = [await opened(owner, slug), await opened(owner, slug)];
  await measureUpload(system, first.id);
  const ids = async (at: Date) => (await uploadsToMeasure(system, 1_000, at)).filter((id) => wanted.has(id));
  const wanted = new Set([free.id, first.id, second.id]);
  expect(await ids(new Date())).toEqual([second.id]);
  expect(await ids(minutes(uploadPolicy.measureEverySeconds / 60 + 1))).toEqual([second.id, first.id]);
  // One that was left open is measured rarely, until it gets a policy again; one that is over never waits.
  await measureUpload(system, second.id);
  const measuredBefore = new Date(Date.now() - uploadPolicy.measureEverySeconds * 1_000);
  const data = { grantedAt: minutes(-uploadPolicy.idleAfterSeconds / 60 - 1), measuredAt: measuredBefore };
  await db().upload.updateMany({ where: { id: { in: [first.id, second.id] } }, data });
  expect(await ids(new Date())).toEqual([]);
  expect(await ids(minutes(uploadPolicy.measureIdleEverySeconds / 60))).toHaveLength(2);
  await renewPolicy(owner, first.id);
  expect(await ids(new Date())).toEqual([first.id]);
  await db().upload.update({ where: { id: second.id }, data: { overSince: new Date() } });
  expect(await ids(new Date())).toHaveLength(2);
  // Also when the quota is lifted: otherwise it would be over for ever.
  await setCollectionQuota(system, slug, null);
  expect(await ids(new Date())).toEqual([second.id]);
  await measureUpload(system, second.id);
});

it("no part of a file that reserves nothing is signed: it is the same as what its media hold", async () => {
  await setCollectionQuota(system, slug, null);
  const upload = await opened(owner, slug);
  const [file] = await registerFiles(owner, upload.id, [{ path: "film.mov", size: 17_000_000 }]);
  const fileId = file?.multipart?.fileId ?? "";
  await db().uploadFile.update({ where: { id: fileId }, data: { reservedBytes: 0 } });
  await expect(signParts(owner, upload.id, { fileId, parts: [1] })).rejects.toMatchObject({ code: "CONFLICT" });
});

it("a person has at most 100 uploads open at a time, however many calls arrive at once", async () => {
  const person = await testUser("Opener");
  const into = await testCollection(person);
  const { id: collectionId } = await db().collection.findUniqueOrThrow({ where: { slug: into } });
  const { maxOpenUploads } = uploadPolicy;
  const common = { collectionId, createdById: person.userId, expiresAt: minutes(60) };
  const old = Array.from({ length: 50 }, () => ({ ...common, expiresAt: new Date(0) }));
  await db().upload.createMany({ data: [...Array.from({ length: maxOpenUploads - 2 }, () => common), ...old] });
  const calls = Array.from({ length: 6 }, () => openUpload(person, { collectionSlug: into }));
  const results = await Promise.allSettled(calls);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
  const message = expect.stringContaining("You have 100 open uploads");
  for (const result of results)
    if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "CONFLICT", message });
  const { id } = await db().upload.findFirstOrThrow({
    where: { createdById: person.userId, expiresAt: common.expiresAt },
  });
  await sealUpload(person, id);
  expect((await openUpload(person, { collectionSlug: into })).state).toBe("open");
});
