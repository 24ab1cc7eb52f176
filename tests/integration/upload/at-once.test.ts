import { afterAll, beforeAll, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { longTransaction } from "@/lib/locks";
import { storage } from "@/lib/storage/client";
import { listMultiparts } from "@/lib/storage/objects/multipart";
import { openUpload } from "@/lib/upload/commands";
import { registerFiles } from "@/lib/upload/file/commands";
import { completeFile, signParts } from "@/lib/upload/part/commands";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

const gate = 4_004;
const patient = { interval: 50 };
let owner: UserViewer;
let slug: string;
beforeAll(async () => {
  owner = await testUser("Owner");
  slug = await testCollection(owner);
  // A registration that has read its files waits at this lock before it writes them.
  await db().$executeRawUnsafe(`
    CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock_shared(${gate}); RETURN NEW; END $$`);
  await db().$executeRawUnsafe(
    'CREATE TRIGGER gate BEFORE INSERT ON "upload_file" FOR EACH ROW EXECUTE FUNCTION wait_at_gate()',
  );
});

/** How many wait for a lock of any kind in this database. */
async function waiting(): Promise<number> {
  const [row] = await db().$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS "count" FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  return row?.count ?? 0;
}

it("a multipart started while its file is registered again belongs to that file", async () => {
  const { id, prefix } = await openUpload(owner, { collectionSlug: slug });
  const file = { path: "film.mov", size: 20_000_000, modifiedAt: 1 };
  const [answer] = await registerFiles(owner, id, [file]);
  const fileId = answer?.multipart?.fileId ?? "";
  let isStarted = false;
  const both = await db().$transaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM (SELECT pg_advisory_xact_lock(${gate})) AS held`;
    const registering = registerFiles(owner, id, [{ ...file, sha256: "0".repeat(64) }]);
    await expect.poll(waiting, patient).toBe(1);
    const beginning = signParts(owner, id, { fileId, parts: [1] }).then((parts) => {
      isStarted = true;
      return parts;
    });
    await expect.poll(async () => isStarted || (await waiting()) === 2, patient).toBe(true);
    return { registering, beginning };
  }, longTransaction);
  const [, { urls }] = await Promise.all([both.registering, both.beginning]);
  const again = await signParts(owner, id, { fileId, parts: [1] });
  const uploadIdOf = (url = "") => new URL(url).searchParams.get("uploadId");
  expect(uploadIdOf(again.urls["1"])).toBe(uploadIdOf(urls["1"]));
  for await (const page of listMultiparts(prefix)) expect(page).toHaveLength(1);
});

it("a file completed while it is registered again has all its parts, or is present", async () => {
  const { id } = await openUpload(owner, { collectionSlug: slug });
  const file = { path: "whole.mov", size: 16 * 1024 * 1024, modifiedAt: 1 };
  const [answer] = await registerFiles(owner, id, [file]);
  const fileId = answer?.multipart?.fileId ?? "";
  const { urls } = await signParts(owner, id, { fileId, parts: [1, 2] });
  for (const url of Object.values(urls)) {
    expect((await fetch(url, { method: "PUT", body: new Uint8Array(8 * 1024 * 1024) })).status).toBe(200);
  }
  let isCompleted = false;
  const lists = ["ListObjectVersionsCommand", "ListPartsCommand"];
  storage().client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const output = await next(args);
        if (isCompleted || !lists.includes(commandName ?? "")) return output;
        isCompleted = true;
        await completeFile(owner, id, { fileId, parts: [] });
        return output;
      },
    { step: "initialize", name: "completeMeanwhile" },
  );
  const [again] = await registerFiles(owner, id, [file]);
  storage().client.middlewareStack.remove("completeMeanwhile");
  expect(isCompleted).toBe(true);
  expect(again?.status === "present" || again?.multipart?.done.length === 2).toBe(true);
  expect(await registerFiles(owner, id, [file])).toEqual([{ path: "whole.mov", status: "present" }]);
});
