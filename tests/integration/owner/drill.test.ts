import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mintSystemViewer, type UserViewer } from "@/lib/auth/viewer";
import { ownerKey } from "@/lib/storage/keys";
import { spawnWorker, type WorkerProcess } from "@/tests/integration/jobs/fixtures";
import { runCli } from "@/tests/support/run-up";
import { testBucket } from "@/tests/support/services";
import { until } from "@/tests/support/until";
import { isWrite, nameOf, newDatabase, requestsOf, type Site, siteOf } from "./sites";

process.env.NEXTAUTH_SECRET = "0123456789abcdef0123456789abcdef";
process.env.ATOLL_URL = "http://localhost:3000";
await testBucket();

const system = mintSystemViewer("cli");
const files = { "reef/1.jpg": "one", "reef/2.jpg": "two", "reef/3.jpg": "three" };

let live: string;
let drill: string;
let owner: UserViewer;
let slug: string;
let upload: { id: string; prefix: string };

/** The versions in the bucket that the live database pins. */
async function pinned(): Promise<string[]> {
  const site = await siteOf(live);
  const revisions = await site.db().revision.findMany({ where: { uploadId: upload.id } });
  const { headObject } = await import("@/lib/storage/objects");
  for (const revision of revisions) expect(await headObject(revision), revision.key).not.toBeNull();
  return revisions.map(({ key }) => key.slice(upload.prefix.length)).toSorted();
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

/** A live site with an upload under way is dumped; then the upload is sealed and verified there, and expires in the dump. */
beforeAll(async () => {
  live = await newDatabase();
  await siteOf(live);
  const { testCollection, testUser } = await import("@/tests/support/collections");
  const { opened } = await import("@/tests/support/uploads");
  owner = await testUser("Owner");
  slug = await testCollection(owner);
  upload = await opened(owner, slug, files);
  drill = await newDatabase(nameOf(live));
  const again = await siteOf(live);
  await again.sealUpload(owner, upload.id);
  await again.verifyUpload(system, upload.id, async () => undefined);
  await inDatabase(drill, "UPDATE upload SET expires_at = now() - interval '1 day'");
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
    expect(await inDatabase(drill, "SELECT state FROM upload")).toEqual([{ state: "open" }]);
    expect(await pinned()).toEqual(Object.keys(files));
  });

  it("removes nothing either when the upload has expired in its record", async () => {
    const site = await siteOf(drill);
    expect(await site.expireUploads(system)).toBe(1);
    const sent = requestsOf(site);
    await expect(site.reapUpload(system, upload.id)).rejects.toMatchObject({ code: "READ_ONLY" });
    expect(sent.filter(isWrite)).toEqual([]);
    expect(await pinned()).toEqual(Object.keys(files));
  });

  it("keeps files of uploads that were under way even after it took the bucket over, which stops the live site", async () => {
    const environment = { ...(process.env as Record<string, string>), DATABASE_URL: drill, ATOLL_EMBEDDED: "" };
    await inDatabase(drill, "UPDATE upload SET state = 'open', ended_at = NULL, reap_at = NULL");
    const done = runCli(["infra", "take-over", "--yes"], environment);
    expect(await done.ended, done.output()).toBe(0);
    await until(() => expect(worker.output()).toContain("jobs are taken again"));
    await until(async () =>
      expect(await inDatabase(drill, "SELECT state FROM upload")).toEqual([{ state: "expired" }]),
    );
    const site = await siteOf(drill);
    const later = new Date(Date.now() + 30 * 24 * 60 * 60 * 1_000);
    expect(await site.uploadsToReap(system, 100, later)).toEqual([]);
    expect(await site.reapUpload(system, upload.id, later)).toBeNull();
    expect(await pinned()).toEqual(Object.keys(files));
    const former = await siteOf(live);
    await expect(former.openUpload(owner, { collectionSlug: slug })).rejects.toMatchObject({ code: "READ_ONLY" });
    expect(await former.bucketStanding(system)).toBe("superseded");
  });
});

describe("a dump of before there were owners, started before the live site is updated", () => {
  it("claims the bucket, and removes nothing of uploads that were under way", async () => {
    await testBucket();
    live = await newDatabase();
    const site = await siteOf(live);
    const { testCollection, testUser } = await import("@/tests/support/collections");
    const { opened } = await import("@/tests/support/uploads");
    owner = await testUser("Owner");
    upload = await opened(owner, await testCollection(owner), files);
    await inDatabase(live, "DELETE FROM bucket_owner");
    const { DeleteObjectCommand } = await import("@aws-sdk/client-s3");
    await site.storage().client.send(new DeleteObjectCommand({ Bucket: site.storage().bucket, Key: ownerKey }));
    drill = await newDatabase(nameOf(live));
    // The live site's version looks at no owner: it goes on.
    const again = await siteOf(live);
    await again.sealUpload(owner, upload.id);
    await again.verifyUpload(system, upload.id, async () => undefined);
    await again.storage().client.send(new DeleteObjectCommand({ Bucket: site.storage().bucket, Key: ownerKey }));
    await inDatabase(drill, "UPDATE upload SET expires_at = now() - interval '1 day'");
    const restored = await siteOf(drill);
    expect(await restored.bucketStanding(system)).toBe("owner");
    expect(await restored.expireUploads(system)).toBe(1);
    const later = new Date(Date.now() + 30 * 24 * 60 * 60 * 1_000);
    expect(await restored.uploadsToReap(system, 100, later)).toEqual([]);
    expect(await restored.reapUpload(system, upload.id, later)).toBeNull();
    expect(await pinned()).toEqual(Object.keys(files));
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
    const { opened, verified } = await import("@/tests/support/uploads");
    const { testCollection, testUser } = await import("@/tests/support/collections");
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
