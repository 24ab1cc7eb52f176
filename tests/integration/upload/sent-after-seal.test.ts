import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, inject, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { storage } from "@/lib/storage/client";
import { headObject } from "@/lib/storage/objects/objects";
import { abortUpload, sealUpload } from "@/lib/upload/commands";
import { registerFiles } from "@/lib/upload/file/commands";
import { completeFile, signParts } from "@/lib/upload/part/commands";
import { uploadStatus } from "@/lib/upload/queries";
import { verifyUpload } from "@/lib/upload/verify/verify";
import { crc64nvme, hex } from "@/tests/support/checksums";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { ignore, killedWhileVerified, opened, post, verified } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";

// A grant is alive for a while after the seal: what is sent with it then, over what was there, must change nothing.

await testDatabase();
await testBucket();
const { checksums } = inject("services");
afterAll(() => stopQueue());
afterEach(() => storage().client.middlewareStack.remove("count"));

let owner: UserViewer;
let slug: string;
beforeAll(async () => {
  owner = await testUser("Owner");
  slug = await testCollection(owner);
});

it("one file of an upload makes one revision, whatever is sent to its path between two runs", async () => {
  const before = await opened(owner, slug);
  await post(before, "same", "same");
  await verified(owner, before);
  const upload = await opened(owner, slug);
  await registerFiles(owner, upload.id, [{ path: "rejected", size: 5 }]);
  for (const path of ["new", "same", "rejected"]) await post(upload, path, path.slice(0, 4));
  await killedWhileVerified(owner, upload);
  const { usedBytes } = await db().collection.findUniqueOrThrow({ where: { slug } });
  for (const path of ["new", "same", "rejected"]) await post(upload, path, "other");
  const pending: string[] = [];
  await verifyUpload(system, upload.id, async (page) => {
    pending.push(...page.map(({ id }) => id));
  });
  const revisions = await db().revision.findMany({ where: { uploadId: upload.id }, include: { media: true } });
  expect(revisions.map(({ id, media, md5 }) => [id, media.path, md5])).toEqual([
    [pending[0], "new", hex("md5", "new")],
  ]);
  expect(pending).toHaveLength(1);
  expect(await uploadStatus(owner, upload.id)).toMatchObject({
    files: { total: 3, verified: 2, rejected: 1 },
    rejected: [{ path: "rejected" }],
  });
  expect((await db().collection.findUniqueOrThrow({ where: { slug } })).usedBytes).toBe(usedBytes);
});

it("other bytes posted over a file in parts are not taken for it", async () => {
  const upload = await opened(owner, slug);
  const bytes = randomBytes(17 * 1024 * 1024);
  const [answer] = await registerFiles(owner, upload.id, [{ path: "film.mov", size: bytes.length, modifiedAt: 1 }]);
  const { fileId = "", partSize = 0 } = answer?.multipart ?? {};
  const { urls } = await signParts(owner, upload.id, { fileId, parts: [1, 2, 3] });
  for (const n of [1, 2, 3]) {
    const body = new Uint8Array(bytes.subarray((n - 1) * partSize, n * partSize));
    expect((await fetch(urls[String(n)] ?? "", { method: "PUT", body })).status).toBe(200);
  }
  await completeFile(owner, upload.id, { fileId, parts: [] });
  const other = randomBytes(bytes.length);
  await post(upload, "film.mov", new Uint8Array(other));
  const stored = await headObject({ key: `${upload.prefix}film.mov` });
  await verified(owner, upload);
  const { rejected } = await uploadStatus(owner, upload.id);
  const [revision] = await db().revision.findMany({ where: { uploadId: upload.id } });
  // A storage that computes no checksum of posted files cannot tell them apart: then none is recorded.
  const isTold = checksums && stored?.crc64nvme === crc64nvme(other);
  expect(rejected.map(({ path }) => path)).toEqual(isTold ? ["film.mov"] : []);
  expect(revision?.crc64nvme ?? null).toBe(null);
});

it("copying within the storage ends soon after the upload is discarded", async () => {
  const source = await opened(owner, slug);
  await registerFiles(owner, source.id, [{ path: "source", size: 5, sha256: hex("sha256", "bytes") }]);
  await post(source, "source", "bytes");
  await verified(owner, source);
  const upload = await opened(owner, slug);
  const files = Array.from({ length: 300 }, (_, index) => ({
    path: `copies/${index}`,
    size: 5,
    sha256: hex("sha256", "bytes"),
  }));
  const answers = await registerFiles(owner, upload.id, files);
  expect(answers.every(({ status }) => status === "present")).toBe(true);
  await sealUpload(owner, upload.id);
  let copies = 0;
  storage().client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === "CopyObjectCommand" && copies++ === 0) await abortUpload(owner, upload.id);
        return next(args);
      },
    { step: "initialize", name: "count" },
  );
  await verifyUpload(system, upload.id, ignore);
  expect(copies).toBeGreaterThan(0);
  expect(copies).toBeLessThan(100);
});
