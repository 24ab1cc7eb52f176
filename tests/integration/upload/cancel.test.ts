import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { AppError } from "@/lib/errors";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { storage } from "@/lib/storage/client";
import { listObjectVersions } from "@/lib/storage/objects/list";
import { listMultiparts } from "@/lib/storage/objects/multipart";
import { cancelFiles, registerFiles } from "@/lib/upload/file/commands";
import { signParts } from "@/lib/upload/part/commands";
import { uploadStatus } from "@/lib/upload/queries";
import type { OpenedUpload } from "@/lib/upload/schema";
import { reapUpload } from "@/lib/upload/verify/reap";
import { hex } from "@/tests/support/checksums";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { opened, post, verified } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

let owner: UserViewer;
let slug: string;
beforeAll(async () => {
  owner = await testUser("Owner");
  slug = await testCollection(owner);
});
afterEach(() => storage().client.middlewareStack.remove("meanwhile"));

async function bodiesUnder({ prefix }: OpenedUpload): Promise<[path: string, sizeBytes: number][]> {
  const found: [string, number][] = [];
  for await (const page of listObjectVersions(prefix))
    for (const { key, sizeBytes } of page) found.push([key.slice(prefix.length), sizeBytes]);
  return found;
}

async function outcomeOf(upload: OpenedUpload) {
  await verified(owner, upload);
  const { files, rejected } = await uploadStatus(owner, upload.id);
  return { files, rejected };
}

/** Does something once, before the storage is given the next command of this name, and then lets it through. */
function meanwhile(name: string, act: () => Promise<unknown>): { isDone(): boolean } {
  let isDone = false;
  storage().client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === name && !isDone) {
          isDone = true;
          await act();
        }
        return next(args);
      },
    { step: "initialize", name: "meanwhile" },
  );
  return { isDone: () => isDone };
}

const down = async () => {
  throw new AppError("UNAVAILABLE", "the storage is away");
};

it("holds no lock while the storage removes what has arrived", async () => {
  const upload = await opened(owner, slug);
  await registerFiles(owner, upload.id, [{ path: "canceled", size: 3 }]);
  await post(upload, "canceled", "abc");
  const other = meanwhile("DeleteObjectsCommand", () => registerFiles(owner, upload.id, [{ path: "other", size: 3 }]));
  await cancelFiles(owner, upload.id, ["canceled"]);
  expect(other.isDone()).toBe(true);
  expect(await bodiesUnder(upload)).toEqual([]);
});

it("makes no media of what arrives afterwards, and the reaper removes it", async () => {
  const upload = await opened(owner, slug);
  await registerFiles(owner, upload.id, [
    { path: "canceled", size: 3 },
    { path: "kept", size: 3 },
  ]);
  await post(upload, "kept", "abc");
  await cancelFiles(owner, upload.id, ["canceled"]);
  await post(upload, "canceled", "abc");
  const nothingSaid = { files: { total: 1, verified: 1, rejected: 0, pending: 1 }, rejected: [] };
  expect(await outcomeOf(upload)).toEqual(nothingSaid);
  expect(await db().media.count({ where: { path: "canceled", collection: { slug } } })).toBe(0);
  await reapUpload(system, upload.id);
  expect(await bodiesUnder(upload)).toEqual([["kept", 3]]);
});

it("may crash before the storage is called: the bytes are released, nothing becomes media, and the reaper removes it", async () => {
  const upload = await opened(owner, slug);
  const { reservedBytes } = await db().collection.findUniqueOrThrow({ where: { slug } });
  await registerFiles(owner, upload.id, [{ path: "canceled", size: 3 }]);
  await post(upload, "canceled", "abc");
  meanwhile("ListObjectVersionsCommand", down);
  await expect(cancelFiles(owner, upload.id, ["canceled"])).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect((await db().collection.findUniqueOrThrow({ where: { slug } })).reservedBytes).toBe(reservedBytes);
  expect((await outcomeOf(upload)).files).toEqual({ total: 0, verified: 0, rejected: 0, pending: 0 });
  await reapUpload(system, upload.id);
  expect(await bodiesUnder(upload)).toEqual([]);
});

it("is finished when it is repeated", async () => {
  const upload = await opened(owner, slug);
  const [answer] = await registerFiles(owner, upload.id, [
    { path: "large", size: 20_000_000 },
    { path: "small", size: 3 },
  ]);
  const fileId = answer?.multipart?.fileId ?? "";
  await signParts(owner, upload.id, { fileId, parts: [1] });
  await post(upload, "small", "abc");
  meanwhile("AbortMultipartUploadCommand", down);
  await expect(cancelFiles(owner, upload.id, ["large", "small"])).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await expect(signParts(owner, upload.id, { fileId, parts: [2] })).rejects.toMatchObject({ code: "NOT_FOUND" });
  await cancelFiles(owner, upload.id, ["large", "small"]);
  await cancelFiles(owner, upload.id, ["large", "small"]);
  for await (const page of listMultiparts(upload.prefix)) expect(page).toEqual([]);
  expect(await bodiesUnder(upload)).toEqual([]);
});

it("ends when the file is registered again, which must then be sent again, whatever had arrived", async () => {
  const upload = await opened(owner, slug);
  const file = { path: "again", size: 3, md5: hex("md5", "abc"), modifiedAt: 1 };
  await registerFiles(owner, upload.id, [file]);
  await post(upload, "again", "old");
  await post(upload, "again", "abc");
  meanwhile("ListObjectVersionsCommand", down);
  await expect(cancelFiles(owner, upload.id, ["again"])).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(await registerFiles(owner, upload.id, [file])).toEqual([{ path: "again", status: "post" }]);
  expect(await bodiesUnder(upload)).toEqual([]);
  await post(upload, "again", "abc");
  expect(await registerFiles(owner, upload.id, [file])).toEqual([{ path: "again", status: "present" }]);
  expect((await outcomeOf(upload)).files).toMatchObject({ total: 1, verified: 1, rejected: 0 });
});

it("does not remove a file that is registered again and sent while it lists", async () => {
  const upload = await opened(owner, slug);
  const file = { path: "raced", size: 3, modifiedAt: 1 };
  await registerFiles(owner, upload.id, [file]);
  await post(upload, "raced", "old");
  const raced = meanwhile("ListObjectVersionsCommand", async () => {
    await registerFiles(owner, upload.id, [file]);
    await post(upload, "raced", "new");
  });
  await cancelFiles(owner, upload.id, ["raced"]);
  expect(raced.isDone()).toBe(true);
  expect((await outcomeOf(upload)).files).toMatchObject({ total: 1, verified: 1 });
  const { md5 } = await db().revision.findFirstOrThrow({ where: { uploadId: upload.id } });
  expect(md5).toBe(hex("md5", "new"));
});

it("between a registration's listing and its lock makes the registration list again", async () => {
  const upload = await opened(owner, slug);
  const file = { path: "between", size: 3, md5: hex("md5", "abc"), modifiedAt: 1 };
  await registerFiles(owner, upload.id, [file]);
  await post(upload, "between", "abc");
  const canceled = meanwhile("ListObjectVersionsCommand", () => cancelFiles(owner, upload.id, ["between"]));
  expect(await registerFiles(owner, upload.id, [file])).toEqual([{ path: "between", status: "post" }]);
  expect(canceled.isDone()).toBe(true);
});

it("registering gives up after a few lookups when files are canceled under each of them", async () => {
  const upload = await opened(owner, slug);
  const file = { path: "canceled under each lookup", size: 3, modifiedAt: 1 };
  await registerFiles(owner, upload.id, [file]);
  let lookups = 0;
  storage().client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const answer = await next(args);
        // Another tab registers the file and cancels it, each time just before it is reserved here.
        if (commandName === "ListObjectVersionsCommand") {
          lookups += 1;
          const where = { uploadId_path: { uploadId: upload.id, path: file.path } };
          const data = { id: randomUUID(), canceledAt: new Date(), reservedBytes: 0 };
          await db().uploadFile.update({ where, data });
        }
        return answer;
      },
    { step: "initialize", name: "race" },
  );
  try {
    await expect(registerFiles(owner, upload.id, [file])).rejects.toMatchObject({ code: "UNAVAILABLE" });
  } finally {
    storage().client.middlewareStack.remove("race");
  }
  expect(lookups).toBeLessThan(20);
  expect(await registerFiles(owner, upload.id, [file])).toEqual([
    { path: "canceled under each lookup", status: "post" },
  ]);
});
