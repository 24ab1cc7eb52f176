import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db, type Prisma } from "@/lib/db";
import { AppError } from "@/lib/errors";
import type { JobContext } from "@/lib/jobs/handlers";
import { createBoss, startBoss } from "@/lib/jobs/queue/boss";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { sweep } from "@/lib/jobs/sweep";
import { type RunningWorker, startWorker } from "@/lib/jobs/worker";
import { longTransaction } from "@/lib/locks";
import { renewMark } from "@/lib/owner/commands";
import { storage } from "@/lib/storage/client";
import { abortUpload, sealUpload } from "@/lib/upload/commands";
import { uploadsToReap, uploadsToVerify } from "@/lib/upload/queries";
import { ending } from "@/lib/upload/rows";
import { reapUpload } from "@/lib/upload/verify/reap";
import { verifyUpload } from "@/lib/upload/verify/verify";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { ignore, opened } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";
import { jobs, quiet } from "./fixtures";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

const lines: string[] = [];
const boss = createBoss({}, () => undefined);
const log = pino({ level: "error" }, { write: (line: string) => void lines.push(line) });
const context: JobContext = { boss, viewer: system, log };
let owner: UserViewer;
let slug: string;
beforeAll(async () => {
  owner = await testUser("Owner");
  await startBoss(boss);
  await db().$executeRawUnsafe(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$`);
  await db().$executeRawUnsafe(`
    CREATE TRIGGER refuse BEFORE UPDATE ON "upload" FOR EACH ROW
    WHEN (NEW."state" = 'expired' AND NEW."label" = 'stuck') EXECUTE FUNCTION refuse()`);
});
afterAll(() => boss.stop({ graceful: false }));
beforeEach(async () => {
  slug = await testCollection(owner);
});
afterEach(async () => {
  lines.length = 0;
  await db().upload.deleteMany({ where: { collection: { slug } } });
});

const idOfOpened = async (label?: string) => (await opened(owner, slug, {}, { label })).id;
const stateOf = async (id: string) => (await db().upload.findUniqueOrThrow({ where: { id } })).state;

/** As many as a sweep takes at once. */
async function hundred(about: Partial<Prisma.UploadCreateManyInput>): Promise<void> {
  const { id: collectionId } = await db().collection.findUniqueOrThrow({ where: { slug } });
  const data = Array.from({ length: 100 }, () => ({ id: randomUUID(), collectionId, expiresAt: new Date(), ...about }));
  await db().upload.createMany({ data });
}

test("an upload that fails to expire delays no other, and is logged", async () => {
  const stuck = await idOfOpened("stuck");
  const others = [await idOfOpened(), await idOfOpened()];
  for (const [index, id] of [stuck, ...others].entries())
    await db().upload.update({ where: { id }, data: { expiresAt: new Date(index) } });
  const sealed = await idOfOpened();
  await db().upload.update({ where: { id: sealed }, data: { state: "sealed", sealedAt: new Date() } });
  await sweep(context);
  expect(await Promise.all([stuck, ...others].map(stateOf))).toEqual(["open", "expired", "expired"]);
  expect((await jobs()).map(({ singleton_key: id }) => id)).toContain(sealed);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { step: "expire", uploadId: stuck, reason: expect.stringContaining("not this one"), msg: "sweep failed" },
  ]);
});

test("a hundred of them do not delay the next one", async () => {
  await hundred({ label: "stuck", expiresAt: new Date(0) });
  const id = await idOfOpened();
  await db().upload.update({ where: { id }, data: { expiresAt: new Date(1) } });
  await sweep(context);
  expect(await stateOf(id)).toBe("expired");
  expect(lines).toHaveLength(100);
});

test("a step that fails does not stop the ones after it", async () => {
  await boss.deleteQueue("verify");
  const sealed = await idOfOpened();
  await db().upload.update({ where: { id: sealed }, data: { state: "sealed", sealedAt: new Date() } });
  const ended = await idOfOpened();
  await db().upload.update({ where: { id: ended }, data: ending("aborted") });
  await sweep(context);
  expect((await jobs()).map(({ singleton_key: id }) => id)).toContain(ended);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ step: "verify" }]);
  await startBoss(boss);
});

test("uploads that failed before do not delay others: to be reaped", async () => {
  await hundred(ending("aborted", new Date(0)));
  // Of these everything is kept.
  await hundred({ ...ending("aborted", new Date(-1)), keepsUnpinned: true });
  const id = await idOfOpened();
  await abortUpload(owner, id);
  storage().client.middlewareStack.add(
    () => async () => {
      throw new AppError("UNAVAILABLE", "the storage is away");
    },
    { step: "initialize", name: "down" },
  );
  // The look at the bucket's owner fails as well, not only what comes after it.
  await expect(renewMark(system)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  const failing = await uploadsToReap(system, 100);
  expect(failing).not.toContain(id);
  expect(failing).toHaveLength(100);
  for (const one of failing) await expect(reapUpload(system, one)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  storage().client.middlewareStack.remove("down");
  expect(await uploadsToReap(system, 100)).toContain(id);
  await reapUpload(system, id);
  expect(await uploadsToReap(system, 100)).not.toContain(id);
});

test("and to be verified", async () => {
  await hundred({ state: "sealed", sealedAt: new Date(0), verifyTriedAt: new Date(1) });
  const id = await idOfOpened();
  await sealUpload(owner, id);
  const toVerify = { id, isLarge: false, personId: owner.userId };
  expect(await uploadsToVerify(system, 100)).toContainEqual(toVerify);
  // A verification that dies at once.
  storage().client.middlewareStack.add(
    () => async () => {
      throw new AppError("UNAVAILABLE", "the storage is away");
    },
    { step: "initialize", name: "down" },
  );
  await expect(verifyUpload(system, id, ignore)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  storage().client.middlewareStack.remove("down");
  expect(await uploadsToVerify(system, 100)).not.toContainEqual(toVerify);
});

test("an upload is large by its planned or its registered files", async () => {
  const planned = (await opened(owner, slug, {}, { plannedFiles: 10_000 })).id;
  const small = (await opened(owner, slug, {}, { plannedFiles: 9_999 })).id;
  const registered = await idOfOpened();
  const paths = Array.from({ length: 10_000 }, (_, index) => `${index}`);
  await db().uploadFile.createMany({ data: paths.map((path) => ({ uploadId: registered, path, sizeBytes: 1 })) });
  for (const id of [planned, small, registered]) await sealUpload(owner, id);
  const queued = (await jobs()).filter(({ singleton_key: id }) => [planned, small, registered].includes(id));
  expect(Object.fromEntries(queued.map(({ name, singleton_key: id }) => [id, name]))).toEqual({
    [planned]: "verify-large",
    [small]: "verify",
    [registered]: "verify-large",
  });
  await sweep(context);
  expect((await jobs()).filter(({ singleton_key: id }) => id === planned)).toHaveLength(1);
});

test("large uploads that are being verified do not delay a small one", async () => {
  const large: string[] = [];
  for (let index = 0; index < 3; index += 1) {
    const { id } = await opened(owner, slug, {}, { plannedFiles: 500_000 });
    await sealUpload(owner, id);
    large.push(id);
  }
  const started: RunningWorker[] = [];
  try {
    // The verification of one of them waits for its row.
    await db().$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM "upload" WHERE "id" = ANY(${large}::uuid[]) FOR UPDATE`;
      started.push(await startWorker({ logger: quiet, sweepIntervalSeconds: 3_600 }));
      const small = await idOfOpened();
      await sealUpload(owner, small);
      await expect.poll(() => stateOf(small), { interval: 50 }).toBe("verified");
      expect(await Promise.all(large.map(stateOf))).toEqual(["sealed", "sealed", "sealed"]);
    }, longTransaction);
    const states = () => Promise.all(large.map(stateOf));
    await expect.poll(states, { interval: 50 }).toEqual(["verified", "verified", "verified"]);
  } finally {
    for (const worker of started) await worker.stop();
  }
});

test("a mail whose send was lost is queued again, and what is over is deleted", async () => {
  const expiresAt = new Date(Date.now() + 60_000);
  const mailed = { isMailed: true, email: "lost@example.org" };
  const { id } = await db().signUpInvitation.create({ data: { ...mailed, expiresAt } });
  await db().signUpInvitation.create({ data: { ...mailed, expiresAt: new Date(0) } });
  await db().budget.createMany({
    data: [
      { key: "spent", spentUntil: expiresAt },
      { key: "whole", spentUntil: new Date(0) },
    ],
  });
  await sweep(context);
  expect((await jobs()).map(({ name, singleton_key }) => [name, singleton_key])).toContainEqual(["mail", id]);
  expect(await db().signUpInvitation.findMany({ select: { id: true } })).toEqual([{ id }]);
  expect(await db().budget.findMany({ select: { key: true } })).toEqual([{ key: "spent" }]);
});

test("pictures that older rules read are queued once, behind all others", async () => {
  const { id: uploadId, prefix } = await opened(owner, slug);
  const { id: collectionId } = await db().collection.findUniqueOrThrow({ where: { slug } });
  const bytes = { key: `${prefix}a.jpg`, versionId: "v", sizeBytes: 1, etag: "e", contentType: "image/jpeg" };
  const { id: mediaId } = await db().media.create({ data: { collectionId, path: "a.jpg", takenAt: new Date(0) } });
  const { id } = await db().revision.create({ data: { mediaId, uploadId, number: 1, state: "kept", ...bytes } });
  await sweep(context);
  await sweep(context);
  const queued = await db().$queryRaw`SELECT name, priority FROM pgboss.job WHERE singleton_key = ${id}`;
  expect(queued).toEqual([{ name: "derive", priority: -(2 ** 31 - 1) }]);
  await db().media.delete({ where: { id: mediaId } });
});
