import { afterAll, expect, it } from "vitest";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { openUpload, sealUpload } from "@/lib/upload/commands";
import { uploadPolicy } from "@/lib/upload/policy";
import { testCollection, testUser } from "@/tests/support/collections";
import { testBucket, testDatabase } from "@/tests/support/services";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

const minutes = (count: number) => new Date(Date.now() + count * 60_000);

it("a person has at most 100 uploads open at a time, however many calls arrive at once", async () => {
  const person = await testUser("Opener");
  const into = await testCollection(person);
  const { id: collectionId } = await db().collection.findUniqueOrThrow({ where: { slug: into } });
  const { maxOpenUploads } = uploadPolicy;
  const common = { collectionId, createdById: person.userId, expiresAt: minutes(60) };
  const old = Array.from({ length: 50 }, () => ({ ...common, expiresAt: new Date(0) }));
  await db().upload.createMany({ data: [...Array.from({ length: maxOpenUploads - 2 }, () => common), ...old] });
  const calls = Array.from({ length: 6 }, () => openUpload(person, { collectionSlug: into }));
  const results = await Promise.allSettled(calls);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
  const message = expect.stringContaining("You have 100 open uploads");
  for (const result of results)
    if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "CONFLICT", message });
  const { id } = await db().upload.findFirstOrThrow({
    where: { createdById: person.userId, expiresAt: common.expiresAt },
  });
  await sealUpload(person, id);
  expect((await openUpload(person, { collectionSlug: into })).state).toBe("open");
});
