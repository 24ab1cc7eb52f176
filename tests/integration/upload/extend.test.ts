import { afterAll, beforeAll, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { expireUploads, openUpload, renewPolicy } from "@/lib/upload/commands";
import { registerFiles } from "@/lib/upload/file/commands";
import { signParts } from "@/lib/upload/part/commands";
import { uploadPolicy } from "@/lib/upload/policy";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

const DAY = 24 * 60 * 60 * 1_000;
let owner: UserViewer;
let slug: string;
beforeAll(async () => {
  owner = await testUser("Owner");
  slug = await testCollection(owner);
});

/** An open upload with one large file, as it is `age` after its opening with so much time left. */
async function aged({ ageMs, leftMs }: { ageMs: number; leftMs: number }) {
  const { id } = await openUpload(owner, { collectionSlug: slug });
  const [answer] = await registerFiles(owner, id, [{ path: "film.mov", size: 20_000_000 }]);
  const now = Date.now();
  await db().upload.update({
    where: { id },
    data: { createdAt: new Date(now - ageMs), expiresAt: new Date(now + leftMs) },
  });
  return { id, fileId: answer?.multipart?.fileId ?? "" };
}
type Aged = Awaited<ReturnType<typeof aged>>;

const daysLeft = async (id: string) =>
  ((await db().upload.findUniqueOrThrow({ where: { id } })).expiresAt.getTime() - Date.now()) / DAY;

it.each<[string, (upload: Aged) => Promise<unknown>]>([
  ["renews its policy", ({ id }) => renewPolicy(owner, id)],
  ["names files", ({ id }) => registerFiles(owner, id, [{ path: "more", size: 1 }])],
  ["asks for parts", ({ id, fileId }) => signParts(owner, id, { fileId, parts: [1] })],
])("an upload is extended when its client %s, by a week, and to 60 days at most", async (_, act) => {
  const busy = await aged({ ageMs: 20 * DAY, leftMs: DAY });
  await act(busy);
  expect(await daysLeft(busy.id)).toBeCloseTo(7, 2);
  const old = await aged({ ageMs: 57 * DAY, leftMs: DAY });
  await act(old);
  expect(await daysLeft(old.id)).toBeCloseTo(uploadPolicy.uploadMaxLifeSeconds / (24 * 60 * 60) - 57, 2);
  await act(old);
  expect(await daysLeft(old.id)).toBeCloseTo(3, 2);
  const fresh = await aged({ ageMs: 0, leftMs: 6.5 * DAY });
  await act(fresh);
  expect(await daysLeft(fresh.id)).toBeCloseTo(6.5, 2);
});

it("an expired upload is not extended, and an extended one does not expire", async () => {
  const over = await aged({ ageMs: 8 * DAY, leftMs: -1_000 });
  await expect(renewPolicy(owner, over.id)).rejects.toMatchObject({ code: "GONE" });
  const { id } = await aged({ ageMs: 8 * DAY, leftMs: 60_000 });
  await renewPolicy(owner, id);
  expect(await expireUploads(system)).toBe(1);
  expect((await db().upload.findUniqueOrThrow({ where: { id } })).state).toBe("open");
});
