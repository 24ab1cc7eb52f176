import { beforeAll, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { collectionBySlug } from "@/lib/collection/queries";
import { db } from "@/lib/db";
import { computeSortPaths } from "@/lib/media/sorting/commands";
import { sortPathOf } from "@/lib/revision/policy";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { testDatabase } from "@/tests/support/services/services";
import { fill } from "./fill";

await testDatabase();

let owner: UserViewer;
beforeAll(async () => {
  owner = await testUser("Owner");
});

const newId = async () => (await collectionBySlug(owner, await testCollection(owner))).id;
const unsorted = () => db().media.count({ where: { sortPath: "" } });

/** As verifying inserted them before: a page of files an instant. */
const old = (n: number) => ({ path: `IMG_${n}.JPG`, takenAt: new Date(Date.UTC(2024, 0, 1, 0, 0, Math.floor(n / 3))) });
const sealedAt = new Date("2024-01-01T00:00:09.007Z");

it("gives media of before the order by name their sort paths, and those without a date the instant of their upload", async () => {
  const id = await newId();
  const made = await fill(
    id,
    Array.from({ length: 10 }, (_, n) => old(n)),
    { sorted: false, sealedAt },
  );
  const [dated, trashed] = made.map((one) => one.id);
  const taken = new Date("2019-07-03T04:05:06Z");
  await db().media.update({ where: { id: dated ?? "" }, data: { takenAt: taken } });
  await db().media.update({ where: { id: trashed ?? "" }, data: { deletedAt: new Date() } });
  await computeSortPaths(system, { perPage: 3 });
  const media = await db().media.findMany({ where: { collectionId: id } });
  expect(media).toHaveLength(10);
  for (const one of media) {
    expect(one.sortPath).toBe(sortPathOf(one.path));
    if (one.id === dated) expect(one).toMatchObject({ takenAt: taken, createdAt: old(0).takenAt });
    else expect(one).toMatchObject({ takenAt: sealedAt, createdAt: sealedAt });
  }
});

it("ends after its pages, and goes on with the next sweep", async () => {
  await fill(
    await newId(),
    Array.from({ length: 10 }, (_, n) => old(n)),
    { sorted: false, sealedAt },
  );
  await computeSortPaths(system, { perPage: 3, maxPages: 2 });
  expect(await unsorted()).toBe(4);
  await computeSortPaths(system);
  expect(await unsorted()).toBe(0);
});

it("leaves what another transaction is changing for later, and does not wait for it", async () => {
  const [first] = await fill(await newId(), [old(1), old(2)], { sorted: false, sealedAt });
  await db().$transaction(async (tx) => {
    await tx.media.update({ where: { id: first?.id ?? "" }, data: { title: "Changing" } });
    await computeSortPaths(system);
    expect(await unsorted()).toBe(1);
  });
  await computeSortPaths(system);
  expect(await unsorted()).toBe(0);
  expect(await db().media.findUniqueOrThrow({ where: { id: first?.id ?? "" } })).toMatchObject({ title: "Changing" });
});
