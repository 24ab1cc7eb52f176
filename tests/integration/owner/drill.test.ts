import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mintSystemViewer, type UserViewer } from "@/lib/auth/viewer";
import { ownerKey } from "@/lib/storage/keys";
import { spawnWorker, type WorkerProcess } from "@/tests/integration/jobs/fixtures";
import { testBucket } from "@/tests/support/services/services";
import { until } from "@/tests/support/until";
import { runCli } from "@/tests/support/up/run-up";
import { isWrite, nameOf, newDatabase, requestsOf, type Site, siteOf } from "./sites";

process.env.NEXTAUTH_SECRET = "0123456789abcdef0123456789abcdef";
process.env.ATOLL_URL = "http://localhost:3000";
await testBucket();

const system = mintSystemViewer("cli");
const files = { "reef/1.jpg": "one", "reef/2.jpg": "two", "reef/3.jpg": "three" };
const otherFiles = { "reef/4.jpg": "four" };
const allPaths = [...Object.keys(files), ...Object.keys(otherFiles)];

let live: string;
let drill: string;
let owner: UserViewer;
let slug: string;
let upload: { id: string; prefix: string };
/** Ended by the restored database before it took the bucket over, as by a version that asked for no permit. */
let ended: { id: string; prefix: string };

/** The versions in the bucket that the live database pins. */
async function pinned(): Promise<string[]> {
  const site = await siteOf(live);
  const revisions = await site.db().revision.findMany();
  const { headObject } = await import("@/lib/storage/objects/objects");
  for (const revision of revisions) expect(await headObject(revision), revision.key).not.toBeNull();
  return revisions.map(({ key }) => key.slice(upload.prefix.length)).toSorted();
}

/** What the worker does of an ended upload, now and long after its last grant, removes nothing. */
async function expectKept(site: Site): Promise<void> {
  const later = new Date(Date.now() + 30 * 24 * 60 * 60 * 1_000);
  expect(await site.uploadsToReap(system, 100, later)).toEqual([]);
  for (const { id } of await site.db().upload.findMany()) expect(await site.reapUpload(system, id, later)).toBeNull();
}

async function inDatabase(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function statesIn(url: string): Promise<unknown[]> {
  const rows = await inDatabase(url, "SELECT state FROM upload ORDER BY state::text");
  return rows.map((row) => (row as { state: string }).state);
}

const endNow = (id: string) =>
  `UPDATE upload SET state = 'aborted', ended_at = now(), reap_at = now() WHERE id = '${id}'`;

/** A live site with uploads under way is dumped; then they are sealed and verified there, and one expires in the dump. */
beforeAll(async () => {
  live = await newDatabase();
  await siteOf(live);
  const { testCollection, testUser } = await import("@/tests/support/fixtures/collections");
  const { opened } = await import("@/tests/support/fixtures/uploads");
  owner = await testUser("Owner");
  slug = await testCollection(owner);
  upload = await opened(owner, slug, files);
  ended = await opened(owner, slug, otherFiles);
  drill = await newDatabase(nameOf(live));
  const again = await siteOf(live);
  for (const { id } of [upload, ended]) {
    await again.sealUpload(owner, id);
    await again.verifyUpload(system, id, async () => undefined);
  }
  await inDatabase(drill, `UPDATE upload SET expires_at = now() - interval '1 day' WHERE id = '${upload.id}'`);
});

describe("a restored dump that is started on the live site's bucket", () => {
  let worker: WorkerProcess;
  beforeAll(() => {
    worker = spawnWorker({ sweepIntervalSeconds: 1, concurrency: 1 }, drill);
  });
  afterAll(async () => {
    worker.child.kill("SIGTERM");
    await worker.ended;
  });

  it("has a worker that takes no jobs and leaves the live site's files", async () => {
    await until(() => expect(worker.output()).toContain('"standing":"copy"'));
    expect(await statesIn(drill)).toEqual(["open", "open"]);
    expect(await pinned()).toEqual(allPaths);
  });

  it("ends no upload, neither one that has expired in its record nor for a person, and removes nothing", async () => {
    const site = await siteOf(drill);
    const sent = requestsOf(site);
    await expect(site.expireUploads(system)).rejects.toMatchObject({ code: "READ_ONLY" });
    await expect(site.abortUpload(owner, upload.id)).rejects.toMatchObject({ code: "READ_ONLY" });
    expect(await statesIn(drill)).toEqual(["open", "open"]);
    await inDatabase(drill, endNow(ended.id));
    await expect(site.reapUpload(system, ended.id)).rejects.toMatchObject({ code: "READ_ONLY" });
    expect(sent.filter(isWrite)).toEqual([]);
    expect(await pinned()).toEqual(allPaths);
  });

  it("keeps files of uploads that were under way even after it took the bucket over, which stops the live site", async () => {
    const environment = { ...(process.env as Record<string, string>), DATABASE_URL: drill, ATOLL_EMBEDDED: "" };
    const done = runCli(["infra", "take-over", "--yes"], environment);
    expect(await done.ended, done.output()).toBe(0);
    await until(() => expect(worker.output()).toContain("jobs are taken again"));
    await until(async () => expect(await statesIn(drill)).toEqual(["aborted", "expired"]));
    await expectKept(await siteOf(drill));
    expect(await pinned()).toEqual(allPaths);
    const former = await siteOf(live);
    await expect(former.openUpload(owner, { collectionSlug: slug })).rejects.toMatchObject({ code: "READ_ONLY" });
    expect(await former.bucketStanding(system)).toBe("superseded");
  });

  it("keeps them after more take-overs, from whichever side", async () => {
    await (await siteOf(live)).takeOver(system, { isDryRun: false });
    const site = await siteOf(drill);
    expect(await site.takeOver(system, { isDryRun: false })).toMatchObject({ isDone: true });
    await expectKept(site);
    expect(await pinned()).toEqual(allPaths);
  });
});

describe("a dump of before there were owners, started before the live site is updated", () => {
  it("claims the bucket, and removes nothing of uploads that were under way", async () => {
    const { bucket, client } = await testBucket();
    live = await newDatabase();
    await siteOf(live);
    const { testCollection, testUser } = await import("@/tests/support/fixtures/collections");
    const { opened } = await import("@/tests/support/fixtures/uploads");
    owner = await testUser("Owner");
    upload = await opened(owner, await testCollection(owner), files);
    await inDatabase(live, "DELETE FROM bucket_owner");
    const { DeleteObjectCommand } = await import("@aws-sdk/client-s3");
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: ownerKey }));
    drill = await newDatabase(nameOf(live));
    // The live site's version looks at no owner: it goes on.
    const again = await siteOf(live);
    await again.sealUpload(owner, upload.id);
    await again.verifyUpload(system, upload.id, async () => undefined);
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: ownerKey }));
    await inDatabase(drill, "UPDATE upload SET expires_at = now() - interval '1 day'");
    const restored = await siteOf(drill);
    expect(await restored.bucketStanding(system)).toBe("owner");
    expect(await restored.expireUploads(system)).toBe(1);
    await expectKept(restored);
    expect(await pinned()).toEqual(Object.keys(files));
  });
});

describe("a replica that is promoted some seconds behind the primary", () => {
  it("goes on, and removes nothing of uploads that the primary may have verified, nor of what it does not know", async () => {
    await testBucket();
    live = await newDatabase();
    await siteOf(live);
    const { testCollection, testUser } = await import("@/tests/support/fixtures/collections");
    const { opened } = await import("@/tests/support/fixtures/uploads");
    owner = await testUser("Owner");
    upload = await opened(owner, await testCollection(owner), files);
    drill = await newDatabase(nameOf(live));
    const again = await siteOf(live);
    await again.sealUpload(owner, upload.id);
    await again.verifyUpload(system, upload.id, async () => undefined);
    // The copy has another oid; a replica has the same place, and its row is of the former timeline.
    const { row, file, content } = await again.readOwner();
    expect(row.timeline).toBeGreaterThan(0);
    const promoted = await siteOf(drill);
    const { place, timeline } = await promoted.readOwner();
    await promoted.writeOwnerFile(JSON.stringify({ ...content, place }), file);
    await inDatabase(drill, "UPDATE bucket_owner SET timeline = timeline + 1, taken_over_at = to_timestamp(0)");
    const before = new Date();
    expect(await promoted.bucketStanding(system)).toBe("owner");
    const { takenOverAt, ...now } = await promoted.db().bucketOwner.findFirstOrThrow();
    expect(now).toMatchObject({ timeline, generation: row.generation });
    expect(takenOverAt?.getTime()).toBeGreaterThanOrEqual(before.getTime() - 1_000);
    await inDatabase(drill, "UPDATE upload SET expires_at = now() - interval '1 day'");
    expect(await promoted.expireUploads(system)).toBe(1);
    await expectKept(promoted);
    expect(await pinned()).toEqual(Object.keys(files));
  });

  it("of the same timeline, a restart changes nothing", async () => {
    const site = await siteOf(live);
    const { place, file, content } = await site.readOwner();
    await site.writeOwnerFile(JSON.stringify({ ...content, place }), file);
    const before = await site.db().bucketOwner.findFirstOrThrow();
    expect(await site.bucketStanding(system)).toBe("owner");
    expect(await site.db().bucketOwner.findFirstOrThrow()).toEqual(before);
    expect(await site.db().upload.count({ where: { keepsUnpinned: true } })).toBe(0);
  });
});

/** Everything that changes the bucket or lets a client change it. */
const calls: Record<string, (site: Site, ids: { uploadId: string; fileId: string }) => Promise<unknown>> = {
  openUpload: ({ openUpload }) => openUpload(owner, { collectionSlug: slug }),
  renewPolicy: ({ renewPolicy }, { uploadId }) => renewPolicy(owner, uploadId),
  registerFiles: ({ registerFiles }, { uploadId }) => registerFiles(owner, uploadId, [{ path: "a", size: 1 }]),
  cancelFiles: ({ cancelFiles }, { uploadId }) => cancelFiles(owner, uploadId, ["large"]),
  signParts: ({ signParts }, { uploadId, fileId }) => signParts(owner, uploadId, { fileId, parts: [1] }),
  completeFile: ({ completeFile }, { uploadId, fileId }) => completeFile(owner, uploadId, { fileId, parts: [] }),
  verifyUpload: ({ verifyUpload }) => verifyUpload(system, sealedId, async () => undefined),
  reapUpload: ({ reapUpload }) => reapUpload(system, abortedId),
  abortUpload: ({ abortUpload }, { uploadId }) => abortUpload(owner, uploadId),
  expireUploads: ({ expireUploads }) => expireUploads(system),
  measureUpload: ({ measureUpload }, { uploadId }) => measureUpload(system, uploadId),
  deriveRevision: ({ deriveRevision }) => deriveRevision(system, revisionId),
};
let sealedId: string;
let abortedId: string;
let revisionId: string;

describe("ATOLL_DRILL=1", () => {
  let ids: { uploadId: string; fileId: string };
  let site: Site;
  let sent: string[];
  beforeAll(async () => {
    await testBucket();
    const url = await newDatabase();
    const before = await siteOf(url);
    const { opened, verified } = await import("@/tests/support/fixtures/uploads");
    const { testCollection, testUser } = await import("@/tests/support/fixtures/collections");
    owner = await testUser("Owner");
    slug = await testCollection(owner);
    const open = await opened(owner, slug, files);
    const [large] = await before.registerFiles(owner, open.id, [{ path: "large", size: 20_000_000 }]);
    const fileId = large?.multipart?.fileId ?? "";
    await before.signParts(owner, open.id, { fileId, parts: [1] });
    ids = { uploadId: open.id, fileId };
    sealedId = (await opened(owner, slug, files)).id;
    await before.sealUpload(owner, sealedId);
    abortedId = (await opened(owner, slug, files)).id;
    await before.abortUpload(owner, abortedId);
    [revisionId = ""] = await verified(owner, await opened(owner, slug, files));
    site = await siteOf(url, { ATOLL_DRILL: "1" });
    sent = requestsOf(site);
  });

  it.each(Object.entries(calls))("refuses %s with words, without a request that writes", async (_, call) => {
    const { message, code } = (await call(site, ids).then(
      () => ({}),
      (error: unknown) => error,
    )) as { message?: string; code?: string };
    expect(code).toBe("READ_ONLY");
    expect(message).toContain("runs as a drill");
    expect(sent.filter(isWrite)).toEqual([]);
  });
});
