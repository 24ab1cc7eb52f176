import type { DeleteObjectCommandInput, ListObjectVersionsCommandOutput } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { createDuty } from "@/lib/jobs/duty";
import { startQueue, stopQueue } from "@/lib/jobs/queue/queue";
import { bucketPermit } from "@/lib/owner/commands";
import { closeStorage, storage } from "@/lib/storage/client";
import { deleteVersions } from "@/lib/storage/objects/deletion";
import { type ListedVersion, listObjectVersions } from "@/lib/storage/objects/list";
import { createMultipart, listMultiparts } from "@/lib/storage/objects/multipart";
import { headObject } from "@/lib/storage/objects/objects";
import { abortUpload, expireUploads, sealUpload } from "@/lib/upload/commands";
import { registerFiles } from "@/lib/upload/file/commands";
import { deleteFiles } from "@/lib/upload/file/rows";
import { signParts } from "@/lib/upload/part/commands";
import { uploadPolicy } from "@/lib/upload/policy";
import { uploadStatus, uploadsToReap } from "@/lib/upload/queries";
import { reapUpload } from "@/lib/upload/verify/reap";
import { verifyUpload } from "@/lib/upload/verify/verify";
import { databaseGate, quiet, withWorker } from "@/tests/integration/jobs/fixtures";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { ignore, opened, post, verified } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
const bucket = await testBucket();
// A way to the storage that can be cut.
const gate = await databaseGate(bucket.endpoint);
process.env.S3_ENDPOINT = new URL(gate.url).origin;
beforeAll(startQueue);
afterAll(async () => {
  await stopQueue();
  closeStorage();
  gate.close();
});

let owner: UserViewer;
let slug: string;
beforeAll(async () => {
  owner = await testUser("Owner");
  slug = await testCollection(owner);
});

const hours = (count: number) => new Date(Date.now() + count * 60 * 60 * 1_000);
/** When all grants have expired, and when nothing can arrive any more. */
const later = () => hours(1.5);
const atLast = () => hours(1 + uploadPolicy.lateBodySeconds / 3_600 + 0.1);

async function versionsUnder(prefix: string): Promise<ListedVersion[]> {
  const versions: ListedVersion[] = [];
  for await (const page of listObjectVersions(prefix)) versions.push(...page);
  return versions;
}

async function multipartsUnder(prefix: string): Promise<number> {
  let count = 0;
  for await (const page of listMultiparts(prefix)) count += page.length;
  return count;
}

describe("a discarded upload", () => {
  it("is removed from the bucket by the worker at once, parts included", async () => {
    const upload = await opened(owner, slug, { a: "one", "b/c": "two" });
    const [answer] = await registerFiles(owner, upload.id, [{ path: "large", size: 20_000_000 }]);
    await signParts(owner, upload.id, { fileId: answer?.multipart?.fileId ?? "", parts: [1] });
    await withWorker({}, async () => {
      await abortUpload(owner, upload.id);
      const left = async () => [await versionsUnder(upload.prefix), await multipartsUnder(upload.prefix)];
      await expect.poll(left, { interval: 50 }).toEqual([[], 0]);
    });
    expect((await db().upload.findUniqueOrThrow({ where: { id: upload.id } })).cleanedAt).toBeNull();
  });

  it("is visited again and again, until a visit finds nothing long after its last grant", async () => {
    const upload = await opened(owner, slug, { a: "one" });
    await abortUpload(owner, upload.id);
    const isDue = async (at: Date) => (await uploadsToReap(system, 1_000, at)).includes(upload.id);
    expect(await isDue(new Date())).toBe(true);
    expect(await reapUpload(system, upload.id)).toMatchObject({ versions: 1, bytes: 3, isClean: false });
    expect([await isDue(new Date()), await isDue(hours(0.3))]).toEqual([false, true]);
    await post(upload, "late", "with a grant that is alive");
    await createMultipart(await bucketPermit(system), { key: `${upload.prefix}late.mov` });
    expect(await reapUpload(system, upload.id, later())).toMatchObject({ multiparts: 1, versions: 1, isClean: false });
    // A body that is sent slowly arrives a day and a half after its grant.
    expect(await reapUpload(system, upload.id, hours(26))).toMatchObject({ versions: 0, isClean: false });
    await post(upload, "slow", "a slow body");
    expect(await isDue(hours(27))).toBe(false);
    expect(await isDue(atLast())).toBe(true);
    expect(await reapUpload(system, upload.id, atLast())).toMatchObject({ versions: 1, isClean: false });
    const aDayLater = new Date(atLast().getTime() + 25 * 60 * 60 * 1_000);
    expect([await isDue(atLast()), await isDue(aDayLater)]).toEqual([false, true]);
    expect(await reapUpload(system, upload.id, aDayLater)).toMatchObject({ versions: 0, isClean: true });
    expect(await versionsUnder(upload.prefix)).toEqual([]);
    expect(await isDue(hours(24 * 365))).toBe(false);
  });

  it("keeps the files that were verified before", async () => {
    const upload = await opened(owner, slug, { a: "one", b: "two" });
    await sealUpload(owner, upload.id);
    await verifyUpload(system, upload.id, () => abortUpload(owner, upload.id));
    await post(upload, "b", "again");
    await reapUpload(system, upload.id);
    const pinned = await db().revision.findMany({ where: { uploadId: upload.id }, select: { versionId: true } });
    expect(pinned).toHaveLength(2);
    expect((await versionsUnder(upload.prefix)).map(({ versionId }) => versionId).toSorted()).toEqual(
      pinned.map(({ versionId }) => versionId).toSorted(),
    );
  });
});

describe("the registration of an ended upload", () => {
  it("is deleted when all grants have expired, except for files that were there already, which its receipt lists", async () => {
    const first = await opened(owner, slug, { "there/1": "one", "there/2": "two" });
    await verified(owner, first);
    const upload = await opened(owner, slug, { "there/1": "one", "there/2": "two", "there/3": "new" });
    const paths = ["there/0", "there/1", "there/2", "there/3", "there/4"];
    await registerFiles(
      owner,
      upload.id,
      paths.map((path) => ({ path, size: 3 })),
    );
    await verified(owner, upload);
    const before = await uploadStatus(owner, upload.id);
    const left = async () =>
      (await db().uploadFile.findMany({ where: { uploadId: upload.id } })).map(({ path }) => path);
    await reapUpload(system, upload.id);
    expect((await left()).toSorted()).toEqual(paths);
    await reapUpload(system, upload.id, later());
    expect((await left()).toSorted()).toEqual(["there/1", "there/2"]);
    expect({ ...(await uploadStatus(owner, upload.id)), registeredFiles: 5 }).toEqual(before);
  });

  it("is deleted page by page", async () => {
    const upload = await opened(owner, slug);
    const files = Array.from({ length: 25 }, (_, index) => ({ path: `p/${index}`, size: 1 }));
    await registerFiles(owner, upload.id, files);
    await deleteFiles(upload.id, 10);
    expect(await db().uploadFile.count({ where: { uploadId: upload.id } })).toBe(0);
  });
});

describe("what is kept and what is removed", () => {
  it("open and sealed uploads keep everything", async () => {
    const open = await opened(owner, slug, { a: "one" });
    const sealed = await opened(owner, slug, { a: "one" });
    await sealUpload(owner, sealed.id);
    for (const { id, prefix } of [open, sealed]) {
      expect(await reapUpload(system, id, later())).toBeNull();
      expect(await versionsUnder(prefix)).toHaveLength(1);
    }
  });

  it("a verified upload keeps pinned versions; rejected files, replays and older versions are removed", async () => {
    const upload = await opened(owner, slug, { a: "old bytes" });
    await post(upload, "a", "pinned");
    await post(upload, "bad//name", "first");
    await post(upload, "bad//name", "last");
    await registerFiles(owner, upload.id, [{ path: "other bytes", size: 3 }]);
    await post(upload, "other bytes", "four");
    await verified(owner, upload);
    await post(upload, "a", "replayed");
    await post(upload, "new", "replayed");
    expect(await reapUpload(system, upload.id)).toMatchObject({ versions: 6 });
    const left = await versionsUnder(upload.prefix);
    expect(left.map(({ key, sizeBytes }) => [key.slice(upload.prefix.length), sizeBytes])).toEqual([
      ["a", "pinned".length],
    ]);
    const { rejected } = await uploadStatus(owner, upload.id);
    expect(rejected.map(({ path }) => path).toSorted()).toEqual(["bad//name", "other bytes"]);
  });

  it("a verified upload keeps files from before a rule for paths", async () => {
    const upload = await opened(owner, slug, { before: "rule" });
    await verified(owner, upload);
    // As they were verified when the rule was another one.
    for (const name of ["back\\slash.jpg", "aux.jpg", "trailing. "]) {
      await post(upload, name, "pinned");
      const [version] = await versionsUnder(`${upload.prefix}${name}`);
      const { key, versionId } = version as ListedVersion;
      await db().revision.updateMany({ where: { uploadId: upload.id }, data: { key, versionId } });
      expect(await reapUpload(system, upload.id)).toMatchObject({ versions: 1 });
      const left = await versionsUnder(upload.prefix);
      expect(left.map(({ key }) => key.slice(upload.prefix.length))).toEqual([name]);
    }
  });

  it("names that the database refuses are removed, too", async () => {
    const upload = await opened(owner, slug, { a: "one" });
    await abortUpload(owner, upload.id);
    const removed: (string | undefined)[] = [];
    // Our own store takes no such key, AWS does.
    storage().client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === "DeleteObjectCommand") {
            removed.push((args.input as DeleteObjectCommandInput).Key);
            return { response: {}, output: { $metadata: {} } };
          }
          const answer = await next(args);
          if (commandName === "ListObjectVersionsCommand") {
            const Key = encodeURIComponent(`${upload.prefix}nul\0`);
            (answer.output as ListObjectVersionsCommandOutput).Versions?.push({ Key, VersionId: "v", IsLatest: true });
          }
          return answer;
        },
      { step: "initialize", name: "nul" },
    );
    expect(await reapUpload(system, upload.id)).toMatchObject({ versions: 2 });
    storage().client.middlewareStack.remove("nul");
    expect(removed).toEqual([`${upload.prefix}nul\0`]);
  });

  it("an expired upload keeps nothing", async () => {
    const upload = await opened(owner, slug, { a: "one" });
    await db().upload.update({ where: { id: upload.id }, data: { expiresAt: new Date(0) } });
    await expireUploads(system);
    await reapUpload(system, upload.id);
    expect(await versionsUnder(upload.prefix)).toEqual([]);
  });
});

it("never removes a pinned version, however verifying, discarding and reaping race", async () => {
  const uploads = await Promise.all(
    Array.from({ length: 12 }, (_, index) => opened(owner, slug, { a: `a${index}`, b: `b${index}`, c: `c${index}` })),
  );
  await Promise.all(
    uploads.map(async (upload, index) => {
      await sealUpload(owner, upload.id);
      const reapUntilEnded = async () => {
        while ((await reapUpload(system, upload.id)) === null && index % 3 !== 2) await post(upload, "a", "replayed");
        await reapUpload(system, upload.id);
      };
      const discard = index % 2 === 0 ? abortUpload(owner, upload.id).catch(ignore) : undefined;
      await Promise.all([
        verifyUpload(system, upload.id, ignore),
        discard,
        reapUntilEnded(),
        post(upload, "b", "replayed"),
      ]);
      await reapUpload(system, upload.id);
    }),
  );
  const ids = uploads.map(({ id }) => id);
  const revisions = await db().revision.findMany({
    where: { uploadId: { in: ids } },
    select: { key: true, versionId: true },
  });
  expect(revisions.length).toBeGreaterThan(0);
  for (const pinned of revisions) expect(await headObject(pinned), pinned.key).not.toBeNull();
  const left = (await Promise.all(uploads.map(({ prefix }) => versionsUnder(prefix)))).flat();
  expect(left.length).toBe(revisions.length);
});

describe("a storage that goes away", () => {
  it("before a worker's first look at the bucket's owner: it takes no jobs until it knows, and goes on when it knew", async () => {
    const calls: string[] = [];
    const [start, stop] = ["start", "stop"].map((name) => async () => void calls.push(name)) as [
      () => Promise<void>,
      () => Promise<void>,
    ];
    const duty = createDuty({ viewer: system, log: quiet, start, stop });
    gate.shut();
    expect([await duty.check(), calls]).toEqual([false, []]);
    gate.open();
    expect([await duty.check(), calls]).toEqual([true, ["start"]]);
    gate.shut();
    expect([await duty.check(), calls]).toEqual([true, ["start"]]);
    gate.open();
  });

  it("in the middle of reaping: the next run finishes", async () => {
    const upload = await opened(
      owner,
      slug,
      Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`f${index}`, "x"])),
    );
    await abortUpload(owner, upload.id);
    const [first] = await versionsUnder(upload.prefix);
    if (first) await deleteVersions(await bucketPermit(system), [first]);
    gate.shut();
    await expect(reapUpload(system, upload.id, later())).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect((await db().upload.findUniqueOrThrow({ where: { id: upload.id } })).cleanedAt).toBeNull();
    gate.open();
    expect(await reapUpload(system, upload.id, atLast())).toMatchObject({ versions: 19, isClean: false });
    expect(await reapUpload(system, upload.id, hours(100))).toMatchObject({ versions: 0, isClean: true });
  });

  it("is reported by every call that needs it, and nothing is recorded or reserved", async () => {
    const upload = await opened(owner, slug, { a: "one" });
    const [large] = await registerFiles(owner, upload.id, [
      { path: "large", size: 20_000_000 },
      { path: "a", size: 3, modifiedAt: 1 },
    ]);
    const before = await db().upload.findUniqueOrThrow({ where: { id: upload.id } });
    gate.shut();
    const fileId = large?.multipart?.fileId ?? "";
    const down = { code: "UNAVAILABLE", message: expect.stringContaining("Nothing is lost") };
    await expect(signParts(owner, upload.id, { fileId, parts: [1] })).rejects.toMatchObject(down);
    const again = registerFiles(owner, upload.id, [
      { path: "a", size: 3, modifiedAt: 1 },
      { path: "b", size: 5 },
    ]);
    await expect(again).rejects.toMatchObject(down);
    gate.open();
    expect(await db().upload.findUniqueOrThrow({ where: { id: upload.id } })).toEqual(before);
    expect(await db().uploadFile.count({ where: { uploadId: upload.id } })).toBe(2);
    await sealUpload(owner, upload.id);
    gate.shut();
    await expect(verifyUpload(system, upload.id, ignore)).rejects.toMatchObject(down);
    gate.open();
    await verifyUpload(system, upload.id, ignore);
    expect((await db().upload.findUniqueOrThrow({ where: { id: upload.id } })).state).toBe("verified");
  });
});
