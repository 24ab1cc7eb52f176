import { afterAll, beforeEach, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { sealUpload } from "@/lib/upload/commands";
import { registerFiles } from "@/lib/upload/file/commands";
import { uploadStatus } from "@/lib/upload/queries";
import { verifyUpload } from "@/lib/upload/verify/verify";
import { dropInto, manyFiles } from "@/tests/integration/main-job/drops";
import { hex } from "@/tests/support/checksums";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { ignore, killedWhileVerified, opened, post } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

let owner: UserViewer;
let slug: string;
beforeEach(async () => {
  owner = await testUser("Owner");
  slug = await testCollection(owner);
});

const register = (id: string, files: Record<string, string>) =>
  registerFiles(
    owner,
    id,
    Object.entries(files).map(([path, text]) => ({ path, size: text.length, sha256: hex("sha256", text) })),
  );

/** What is counted on the way, beside the rows it counts. */
async function counted(id: string) {
  const upload = await db().upload.findUniqueOrThrow({ where: { id } });
  const [made, unchanged, rejected] = await Promise.all([
    db().revision.aggregate({ where: { uploadId: id }, _count: true, _sum: { sizeBytes: true } }),
    db().uploadFile.count({ where: { uploadId: id, sameAsId: { not: null } } }),
    db().uploadRejection.count({ where: { uploadId: id } }),
  ]);
  const { verifiedFiles, verifiedBytes, unchangedFiles, rejectedFiles } = upload;
  expect({ verifiedFiles, verifiedBytes, unchangedFiles, rejectedFiles }).toEqual({
    verifiedFiles: made._count + unchanged,
    verifiedBytes: made._sum.sizeBytes ?? 0n,
    unchangedFiles: unchanged,
    rejectedFiles: rejected,
  });
  return { made: made._count, unchanged, rejected };
}

it("are exact after any number of pages, by two workers at once", async () => {
  const first = await dropInto(slug, { a: "1" }, { by: owner });
  await manyFiles(slug, first.id, 11_000);
  const { id } = await opened(owner, slug);
  await db().$executeRaw`
    INSERT INTO "upload_file" ("upload_id", "path", "size_bytes", "same_as_id")
    SELECT ${id}::uuid, m."path", 1, m."current_revision_id" FROM "media" m JOIN "collection" c ON c."id" = m."collection_id"
    WHERE c."slug" = ${slug} AND m."path" LIKE 'many/%'
    UNION ALL SELECT ${id}::uuid, 'never/' || n, 1, NULL FROM generate_series(1, 11000) n`;
  await sealUpload(owner, id);
  expect((await uploadStatus(owner, id)).files).toMatchObject({ total: 22_000, pending: 22_000 });
  await Promise.all([verifyUpload(system, id, ignore), verifyUpload(system, id, ignore)]);
  expect(await counted(id)).toEqual({ made: 0, unchanged: 11_000, rejected: 11_000 });
  expect(await uploadStatus(owner, id)).toMatchObject({
    state: "verified",
    files: { total: 22_000, verified: 11_000, rejected: 11_000, pending: 0 },
  });
  const lines = await db().event.findMany({ where: { subjectId: id, action: "upload.verified" } });
  expect(lines.map(({ detail }) => detail)).toEqual([{ files: 11_000, bytes: 0, unchanged: 11_000 }]);
});

it("stay exact when a run is cut short, and a file recorded as missing arrives later: it stays missing", async () => {
  const upload = await opened(owner, slug);
  await register(upload.id, { here: "here", late: "late", never: "never" });
  await post(upload, "here", "here");
  await killedWhileVerified(owner, upload);
  expect(await counted(upload.id)).toEqual({ made: 1, unchanged: 0, rejected: 0 });
  expect((await uploadStatus(owner, upload.id)).files).toEqual({ total: 3, verified: 1, rejected: 0, pending: 3 });
  // As a run leaves it that was cut short just before its end.
  await db().uploadRejection.create({
    data: { uploadId: upload.id, path: "late", sizeBytes: 4, reason: "It was registered and never arrived." },
  });
  await db().upload.update({ where: { id: upload.id }, data: { rejectedFiles: 1 } });
  await post(upload, "late", "late");
  await verifyUpload(system, upload.id, ignore);
  expect(await counted(upload.id)).toEqual({ made: 1, unchanged: 0, rejected: 2 });
  const { rejected } = await uploadStatus(owner, upload.id);
  expect(rejected.map(({ path }) => path).toSorted()).toEqual(["late", "never"]);
});

it("count a file once that was present when it was registered, and changed before it was verified", async () => {
  const before = { kept: "kept", changed: "changed", unregistered: "unregistered" };
  await dropInto(slug, before, { by: owner });
  const upload = await opened(owner, slug);
  await register(upload.id, { kept: "kept", changed: "changed" });
  for (const [path, text] of Object.entries(before)) await post(upload, path, text);
  await dropInto(slug, { changed: "other" }, { by: owner });
  await killedWhileVerified(owner, upload);
  await verifyUpload(system, upload.id, ignore);
  expect(await counted(upload.id)).toEqual({ made: 1, unchanged: 2, rejected: 0 });
});

it("of arrived files in an open upload are limited and say so", async () => {
  const upload = await opened(owner, slug);
  for (let n = 0; n < 3_001; ) {
    const next = Array.from({ length: Math.min(50, 3_001 - n) }, (_, index) => `${n + index}`);
    await Promise.all(next.map((path) => post(upload, path, "x")));
    n += next.length;
    if (n === 50) expect(await uploadStatus(owner, upload.id)).not.toHaveProperty("isAtLeast");
  }
  expect(await uploadStatus(owner, upload.id)).toMatchObject({ files: { total: 3_000 }, isAtLeast: true });
});
