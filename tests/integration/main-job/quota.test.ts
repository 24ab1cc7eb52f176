import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { abortUpload, expireUploads, openUpload } from "@/lib/upload/commands";
import { cancelFile, cancelFiles, registerFiles } from "@/lib/upload/file/commands";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

let owner: UserViewer;

beforeAll(async () => {
  owner = await testUser("Owner");
});

async function bytesOf(into: string) {
  const collection = await db().collection.findUniqueOrThrow({ where: { slug: into } });
  const user = await db().user.findUniqueOrThrow({ where: { id: owner.userId } });
  return { collection: Number(collection.reservedBytes), user: Number(user.reservedBytes) };
}

describe("room", () => {
  const reset = async (quota: { user?: number; collection?: number }) => {
    const into = await testCollection(owner);
    await db().collection.update({ where: { slug: into }, data: { quotaBytes: quota.collection ?? null } });
    const reserved = (await bytesOf(into)).user;
    const quotaBytes = quota.user === undefined ? null : quota.user + reserved;
    await db().user.update({ where: { id: owner.userId }, data: { quotaBytes } });
    return { into, reserved, opened: await openUpload(owner, { collectionSlug: into }) };
  };
  afterAll(async () => {
    await db().user.update({ where: { id: owner.userId }, data: { quotaBytes: null } });
  });

  it("is reserved before bytes move, once per file, and changes as files change", async () => {
    const { into, reserved, opened } = await reset({});
    await registerFiles(owner, opened.id, [
      { path: "a", size: 100 },
      { path: "b", size: 50 },
    ]);
    await registerFiles(owner, opened.id, [{ path: "a", size: 100 }]);
    expect(await bytesOf(into)).toEqual({ collection: 150, user: reserved + 150 });
    await registerFiles(owner, opened.id, [{ path: "a", size: 10 }]);
    expect(await bytesOf(into)).toEqual({ collection: 60, user: reserved + 60 });
    const { id } = await db().uploadFile.findFirstOrThrow({ where: { uploadId: opened.id, path: "b" } });
    await cancelFile(owner, opened.id, id);
    await cancelFile(owner, opened.id, id);
    expect(await bytesOf(into)).toEqual({ collection: 10, user: reserved + 10 });
    await cancelFiles(owner, opened.id, ["a", "a", "never registered", "nul\u0000"]);
    expect(await bytesOf(into)).toEqual({ collection: 0, user: reserved });
    expect(await db().uploadFile.count({ where: { uploadId: opened.id, canceledAt: null } })).toBe(0);
  });

  it.each([
    ["your", { user: 100 }],
    ["this collection's", { collection: 100 }],
  ])("is refused beyond %s quota, and nothing of the call is kept", async (whose, quota) => {
    const { into, reserved, opened } = await reset(quota);
    await registerFiles(owner, opened.id, [{ path: "a", size: 60 }]);
    const files = [
      { path: "b", size: 20 },
      { path: "c", size: 30 },
    ];
    const refusal = registerFiles(owner, opened.id, files);
    await expect(refusal).rejects.toMatchObject({ code: "TOO_LARGE" });
    await expect(refusal).rejects.toThrow(
      `Not enough space: these files need 50 bytes and 40 bytes is left of ${whose} 100 bytes. Files in the trash count too.`,
    );
    expect(await db().uploadFile.count({ where: { uploadId: opened.id } })).toBe(1);
    await registerFiles(owner, opened.id, files.slice(0, 1));
    await expect(registerFiles(owner, opened.id, files.slice(1))).rejects.toThrow("20 bytes is left");
    expect(await bytesOf(into)).toEqual({ collection: 80, user: reserved + 80 });
  });

  it("is never reserved twice: many calls at once, of several uploads, take exactly what is left", async () => {
    const { into, opened } = await reset({ collection: 1_000 });
    const uploads = [opened, await openUpload(owner, { collectionSlug: into })];
    const calls = Array.from({ length: 24 }, (_, index) =>
      registerFiles(owner, uploads[index % 2]?.id ?? "", [{ path: `f${index}`, size: 90 }]),
    );
    const results = await Promise.allSettled(calls);
    expect(results.filter(({ status }) => status === "fulfilled").length).toBe(11);
    for (const result of results) if (result.status === "rejected") expect(result.reason.code).toBe("TOO_LARGE");
    expect((await bytesOf(into)).collection).toBe(990);
  });

  it("is released when an upload is discarded or expires, whatever is sent meanwhile", async () => {
    const { into, reserved, opened } = await reset({ collection: 1_000 });
    const other = await openUpload(owner, { collectionSlug: into });
    await registerFiles(owner, opened.id, [{ path: "a", size: 700 }]);
    await registerFiles(owner, other.id, [{ path: "a", size: 300 }]);
    const racing = Array.from({ length: 8 }, (_, index) =>
      registerFiles(owner, opened.id, [{ path: `${index}`, size: 10 }]).catch(() => undefined),
    );
    await Promise.all([abortUpload(owner, opened.id), ...racing]);
    expect(await bytesOf(into)).toEqual({ collection: 300, user: reserved + 300 });
    await expect(registerFiles(owner, opened.id, [{ path: "b", size: 1 }])).rejects.toMatchObject({ code: "CONFLICT" });
    await db().upload.update({ where: { id: other.id }, data: { expiresAt: new Date(0) } });
    expect(await expireUploads(system)).toBe(1);
    expect(await bytesOf(into)).toEqual({ collection: 0, user: reserved });
  });
});
