import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { openUpload, sealUpload } from "@/lib/upload/commands";
import { cancelFiles, registerChecksums, registerFiles } from "@/lib/upload/file/commands";
import type { OpenedUpload } from "@/lib/upload/schema";
import { verifyUpload } from "@/lib/upload/verify/verify";
import { hex } from "@/tests/support/checksums";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { post } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

let owner: UserViewer;
let slug: string;
let upload: OpenedUpload;
beforeAll(async () => {
  owner = await testUser("Owner");
  slug = await testCollection(owner);
  upload = await openUpload(owner, { collectionSlug: slug });
});

const text = "what is in it";
const sums = { sha256: hex("sha256", text), md5: hex("md5", text) };
const fileAt = (path: string) => ({ path, size: text.length, modifiedAt: 1_700_000_000_000 });
const row = (path: string) =>
  db().uploadFile.findUniqueOrThrow({ where: { uploadId_path: { uploadId: upload.id, path } } });

describe("registering checksums while files are being sent", () => {
  it("adds them to registered files, repeatedly and one kind after the other", async () => {
    await registerFiles(owner, upload.id, [fileAt("a"), fileAt("b")]);
    const { id } = await row("a");
    await registerChecksums(owner, upload.id, [{ ...fileAt("a"), sha256: sums.sha256 }]);
    expect(await row("a")).toMatchObject({ id, sha256: sums.sha256, md5: null });
    for (let times = 0; times < 2; times += 1) await registerChecksums(owner, upload.id, [{ ...fileAt("a"), ...sums }]);
    expect(await row("a")).toMatchObject({ id, ...sums });
    expect(await row("b")).toMatchObject({ sha256: null, md5: null });
    await registerChecksums(owner, upload.id, [fileAt("a")]);
    expect(await row("a")).toMatchObject({ id, ...sums });
  });

  it("registers files again that differ: other bytes, another time, canceled, never registered", async () => {
    await registerFiles(owner, upload.id, ["size", "time", "sum", "back"].map(fileAt));
    await registerChecksums(owner, upload.id, [{ ...fileAt("sum"), ...sums }]);
    await cancelFiles(owner, upload.id, ["back"]);
    const paths = ["size", "time", "sum", "back"];
    const before = await Promise.all(paths.map(row));
    const other = { sha256: hex("sha256", "other"), md5: hex("md5", "other") };
    await registerChecksums(owner, upload.id, [
      { ...fileAt("size"), size: 5, ...other },
      { ...fileAt("time"), modifiedAt: 5, ...other },
      { ...fileAt("sum"), ...other },
      { ...fileAt("back"), ...sums },
      { ...fileAt("new"), ...sums },
    ]);
    for (const [index, path] of paths.entries()) expect((await row(path)).id, path).not.toBe(before[index]?.id);
    expect(await row("size")).toMatchObject({ sizeBytes: 5n, ...other });
    expect(await row("back")).toMatchObject({ canceledAt: null, ...sums });
    expect(await row("new")).toMatchObject(sums);
    const { reservedBytes } = await db().upload.findUniqueOrThrow({ where: { id: upload.id } });
    const rows = await db().uploadFile.findMany({ where: { uploadId: upload.id } });
    expect(rows.reduce((sum, one) => sum + one.reservedBytes, 0n)).toBe(reservedBytes);
  });

  it("reaches the revision; a path that the database refuses is refused", async () => {
    const into = await openUpload(owner, { collectionSlug: slug });
    await registerFiles(owner, into.id, [fileAt("kept")]);
    await post(into, "kept", text);
    await registerChecksums(owner, into.id, [{ ...fileAt("kept"), ...sums }]);
    const bad = [{ ...fileAt("a\u0000b"), ...sums }];
    await expect(registerChecksums(owner, into.id, bad)).rejects.toMatchObject({ code: "INVALID" });
    await sealUpload(owner, into.id);
    await expect(registerChecksums(owner, into.id, [fileAt("kept")])).rejects.toMatchObject({ code: "CONFLICT" });
    await verifyUpload(system, into.id, async () => undefined);
    const revision = await db().revision.findFirstOrThrow({ where: { uploadId: into.id } });
    expect(revision.sha256).toBe(sums.sha256);
  });
});
