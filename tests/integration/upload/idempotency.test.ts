import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { POST } from "@/app/api/v1/collections/[slug]/uploads/route";
import { DELETE, POST as postFiles } from "@/app/api/v1/uploads/[id]/files/route";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { deleteIdempotencyKeys, once, type Settle } from "@/lib/idempotency/commands";
import { stopQueue } from "@/lib/jobs/queue/queue";

import { openUpload, renewPolicy, sealUpload } from "@/lib/upload/commands";
import { uploadPolicy } from "@/lib/upload/policy";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { sessionCookie, system } from "@/tests/support/fixtures/people";
import { post } from "@/tests/support/fixtures/uploads";
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

const cookieOf = async (viewer: UserViewer) =>
  Object.entries(await sessionCookie(viewer))
    .map(([name, value]) => `${name}=${value}`)
    .join("; ");

const json = { origin: "http://localhost:3000", "content-type": "application/json" };

async function open(key: string, body: object = { label: "build 7" }, viewer = owner): Promise<Response> {
  const request = new Request(`http://localhost:3000/api/v1/collections/${slug}/uploads`, {
    method: "POST",
    headers: { ...json, cookie: await cookieOf(viewer), "idempotency-key": key },
    body: JSON.stringify(body),
  });
  return POST(request, { params: Promise.resolve({ slug }) });
}

it("opens one upload under one key, and tells the same request at the same time to wait", async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => open("k-1")));
  const opened = answers.filter(({ status }) => status === 201);
  expect(opened.length).toBeGreaterThan(0);
  for (const answer of answers.filter(({ status }) => status !== 201)) {
    expect(answer.status).toBe(409);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(await answer.json()).toMatchObject({ type: "urn:atoll:error:running" });
  }
  const again = await (await open("k-1")).json();
  const uploads = await Promise.all(opened.map((answer) => answer.json()));
  expect(new Set([...uploads, again].map(({ id }) => id)).size).toBe(1);
  expect(await db().upload.count({ where: { createdById: owner.userId } })).toBe(1);
  expect(await db().event.count({ where: { action: "upload.opened", actorId: owner.userId } })).toBe(1);
  await post(again, "a.txt", "x");
});

it("counts against the cap of open uploads once, however often the request comes", async () => {
  const person = await testUser("Many");
  const own = await testCollection(person);
  const open = () => openUpload(person, { collectionSlug: own }, "k-cap");
  const expiresAt = new Date(Date.now() + 60_000);
  const { id: collectionId } = await db().collection.findUniqueOrThrow({ where: { slug: own } });
  const others = Array.from({ length: uploadPolicy.maxOpenUploads - 1 }, () => ({
    collectionId,
    createdById: person.userId,
    expiresAt,
  }));
  await db().upload.createMany({ data: others });
  const { id } = await open();
  expect((await open()).id).toBe(id);
});

it("is given back by a request that fails, and by one that died, after a minute", async () => {
  const person = await testUser("Retrying");
  const input = { collectionSlug: slug, label: "late" };
  await expect(openUpload(person, input, "k-late")).rejects.toMatchObject({ code: "NOT_FOUND" });
  const running = { userId: owner.userId, key: "k-dead", fingerprint: "of a request that died" };
  await db().idempotencyKey.create({ data: { ...running, runningUntil: new Date(Date.now() + 60_000) } });
  await expect(openUpload(owner, input, "k-dead")).rejects.toMatchObject({ code: "INVALID" });
  await db().idempotencyKey.updateMany({ where: { key: "k-dead" }, data: { runningUntil: new Date(0) } });
  const { id } = await openUpload(owner, input, "k-dead");
  expect((await openUpload(owner, input, "k-dead")).id).toBe(id);
});

it("does not let one that was taken over create anything", async () => {
  const keyed = { key: "k-slow", operation: "test", input: {} };
  const slow = once(
    owner,
    keyed,
    async (settle) => {
      await db().idempotencyKey.updateMany({ where: { key: "k-slow" }, data: { runningUntil: new Date(0) } });
      expect(
        await once(
          owner,
          keyed,
          (faster) => created(faster),
          async () => "again",
        ),
      ).toBe("created");
      return created(settle);
    },
    async () => "again",
  );
  const created = (settle: Settle) =>
    db().$transaction(async (tx) => {
      const { id } = await tx.collection.create({ data: { slug: `slow-${randomUUID()}`, name: "k-slow" } });
      await settle(tx, id);
      return "created";
    });
  await expect(slow).rejects.toMatchObject({ code: "RUNNING" });
  expect(await db().collection.count({ where: { name: "k-slow" } })).toBe(1);
  expect(
    await once(
      owner,
      keyed,
      (settle) => created(settle),
      async () => "again",
    ),
  ).toBe("again");
});

it("refuses another request under a key, and an invalid key", async () => {
  expect((await open("k-1", { label: "another" })).status).toBe(422);
  expect((await open("x".repeat(256))).status).toBe(422);
  expect((await open("k-2", { label: "another" })).status).toBe(201);
});

it("keeps the keys of users apart, and deletes them after a day", async () => {
  const stranger = await testUser();
  expect((await open("k-1", {}, stranger)).status).toBe(404);
  const first = await (await open("k-3")).json();
  const old = new Date(Date.now() - 25 * 60 * 60 * 1_000);
  await db().idempotencyKey.updateMany({ where: { key: "k-3" }, data: { createdAt: old } });
  const second = await (await open("k-3")).json();
  expect(second.id).not.toBe(first.id);
  await db().idempotencyKey.updateMany({ where: { key: "k-3" }, data: { createdAt: old } });
  expect(await deleteIdempotencyKeys(system)).toBe(1);
  expect(await db().idempotencyKey.count({ where: { key: "k-3" } })).toBe(0);
});

it("keeps a key for a day of the database's clock, whatever the site's clock says", async () => {
  const input = { collectionSlug: slug, label: "clocks" };
  const { id } = await openUpload(owner, input, "k-5");
  try {
    for (const days of [2, -2]) {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + days * 24 * 60 * 60 * 1_000 });
      expect((await openUpload(owner, input, "k-5")).id, `${days} days`).toBe(id);
      expect(await deleteIdempotencyKeys(system)).toBe(0);
      vi.useRealTimers();
    }
  } finally {
    vi.useRealTimers();
  }
});

it("refuses a key whose upload has ended", async () => {
  const { id } = await (await open("k-4")).json();
  await sealUpload(owner, id);
  expect((await open("k-4")).status).toBe(409);
});

it("lets every form of an upload that requested it carry a SHA-256, with renewed policies too", async () => {
  const upload = await openUpload(owner, { collectionSlug: slug, checksum: "sha256" });
  for (const { fields } of [upload.policy, await renewPolicy(owner, upload.id)]) {
    const { conditions } = JSON.parse(Buffer.from(fields.Policy ?? "", "base64").toString());
    expect(conditions).toContainEqual(["starts-with", "$x-amz-checksum-sha256", ""]);
  }
});

it("accepts files from the site's own pages only, and reports an invalid body", async () => {
  const { id } = await openUpload(owner, { collectionSlug: slug });
  const ask = async (handler: typeof postFiles, body: string, origin = "http://localhost:3000") => {
    const headers = { ...json, origin, cookie: await cookieOf(owner) };
    const request = new Request(`http://localhost:3000/api/v1/uploads/${id}/files`, { method: "POST", headers, body });
    return handler(request, { params: Promise.resolve({ id }) });
  };
  const files = JSON.stringify({ files: [{ path: "a", size: 1 }] });
  expect((await ask(postFiles, files, "https://evil.example")).status).toBe(403);
  expect((await ask(postFiles, "{")).status).toBe(400);
  expect((await ask(postFiles, JSON.stringify({ files: [] }))).status).toBe(422);
  const wrong = await ask(postFiles, JSON.stringify({ files: [{ path: "../a", size: 1, md5: "A".repeat(32) }] }));
  expect(wrong.status).toBe(422);
  const type = "image/\u0000png";
  expect((await ask(postFiles, JSON.stringify({ files: [{ path: "a", size: 1, type }] }))).status).toBe(422);
  const answer = await ask(postFiles, files);
  expect(await answer.json()).toEqual({ files: [{ path: "a", status: "post" }] });
  expect((await ask(DELETE, JSON.stringify({ paths: ["a", "b"] }))).status).toBe(204);
  expect(await db().uploadFile.count({ where: { uploadId: id, canceledAt: null } })).toBe(0);
});
