import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { collectionBySlug, type SeenCollection } from "@/lib/collection/queries";
import { db, rowsOf } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { mediaDetail, mediaPage } from "@/lib/media/queries";
import { neighbourStatement, pageStatement } from "@/lib/media/rows";
import { bucketPermit } from "@/lib/owner/commands";
import { sortPathOf } from "@/lib/revision/policy";
import { insertRevisions } from "@/lib/revision/rows";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { opened, verified } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";
import { type Filled, fill } from "./fill";

await testDatabase();
await testBucket();
afterAll(() => stopQueue());

let owner: UserViewer;
beforeAll(async () => {
  owner = await testUser("Owner");
  // Claims the bucket while the database has no files: those of these tests are in no bucket.
  await bucketPermit(owner);
});

async function newCollection(): Promise<SeenCollection> {
  return collectionBySlug(owner, await testCollection(owner));
}

async function allPages(collection: SeenCollection, limit: number): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await mediaPage(collection, { limit, cursor });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  return ids;
}

/** The gallery's order, worked out here: newest first, then by name, then by id. */
function inOrder(media: Filled[]): string[] {
  const bytes = (text: string) => Buffer.from(text);
  return media
    .toSorted(
      (a, b) =>
        b.takenAt.getTime() - a.takenAt.getTime() ||
        Buffer.compare(bytes(sortPathOf(a.path)), bytes(sortPathOf(b.path))) ||
        (a.id < b.id ? -1 : 1),
    )
    .map(({ id }) => id);
}

describe("the order of a gallery", () => {
  const instants = ["2024-05-17T07:30:00.001Z", "2024-05-17T07:30:00Z", "1890-01-01T00:00:00Z"];
  // "DSC_7" and "dsc_07" differ in their ids alone.
  const names = ["page-2", "page-10", "b/page-1", "a/page-11", "a/page-9", "Ä.jpg", "z.jpg", "DSC_7", "dsc_07"];
  let collection: SeenCollection;
  let expected: string[];

  beforeAll(async () => {
    collection = await newCollection();
    const media = instants.flatMap((instant, n) =>
      names.map((name) => ({ path: n === 0 ? name : `${n}/${name}`, takenAt: new Date(instant) })),
    );
    // One more than others have, and one that is not shown.
    const made = await fill(collection.id, [...media, { path: "alone", takenAt: new Date("2000-01-01T00:00:00Z") }]);
    expected = inOrder(made);
    await fill(collection.id, [{ path: "trashed", takenAt: new Date(instants[0] ?? ""), deletedAt: new Date() }]);
  });

  it.each([1, 3, 9, 60])("is newest first, then by name, then by id, in pages of %d", async (limit) => {
    expect(await allPages(collection, limit)).toEqual(expected);
  });

  it("is that of the previous and the next media, too", async () => {
    for (const [index, id] of expected.entries()) {
      expect(await mediaDetail(collection, id)).toMatchObject({
        previousId: expected[index - 1] ?? null,
        nextId: expected[index + 1] ?? null,
      });
    }
  });

  describe("after a page whose last media", () => {
    const pages = Array.from({ length: 12 }, (_, n) => ({ path: `page-${n + 1}`, takenAt: new Date(0) }));

    /** Returns the ids of a gallery, and those of its next page after the third was changed. */
    async function continued(change: (id: string) => Promise<unknown>) {
      const other = await newCollection();
      const order = inOrder(await fill(other.id, pages));
      const { nextCursor } = await mediaPage(other, { limit: 3 });
      await change(order[2] ?? "");
      const { items } = await mediaPage(other, { cursor: nextCursor ?? "" });
      return { order, next: items.map(({ id }) => id) };
    }

    it("was moved to the trash, comes the next one", async () => {
      const { order, next } = await continued((id) =>
        db().media.update({ where: { id }, data: { deletedAt: new Date() } }),
      );
      expect(next).toEqual(order.slice(3));
    });

    it("was given its date since, comes the next one", async () => {
      const { order, next } = await continued((id) =>
        db().media.update({ where: { id }, data: { takenAt: new Date(-1) } }),
      );
      expect(next).toEqual([...order.slice(3), order[2]]);
    });

    it("was deleted for good, nothing is left out", async () => {
      const { order, next } = await continued(async (id) => {
        await db().media.update({ where: { id }, data: { currentRevisionId: null } });
        await db().media.delete({ where: { id } });
      });
      expect(next).toEqual(expect.arrayContaining(order.slice(3)));
    });
  });

  it("is by bytes, whatever the collation of the database", async () => {
    const [column] = await db().$queryRaw<{ collation: string }[]>`
      SELECT c.collname AS "collation" FROM pg_attribute a JOIN pg_collation c ON c.oid = a.attcollation
      WHERE a.attrelid = '"media"'::regclass AND a.attname = 'sort_path'`;
    expect(column).toEqual({ collation: "C" });
  });
});

type Plan = { "Node Type": string; "Index Name"?: string; "Rows Removed by Filter"?: number; Plans?: Plan[] };
type Counted = Plan & { "Actual Rows": number };

function nodesOf(plan: Plan): Counted[] {
  return [plan as Counted, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

async function planOf(statement: ReturnType<typeof pageStatement | typeof neighbourStatement>): Promise<Counted[]> {
  const [row] = await rowsOf(
    db(),
    sql<{ "QUERY PLAN": { Plan: Plan }[] }>`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${statement}`,
  );
  const plan = row?.["QUERY PLAN"][0]?.Plan;
  if (!plan) throw new Error("there is no plan");
  return nodesOf(plan);
}

it("reads no more rows than a page shows, also in the midst of a thousand of one instant", async () => {
  const collection = await newCollection();
  const same = new Date("2024-05-17T07:30:00Z");
  const paths = Array.from({ length: 1_000 }, (_, n) => ({ path: `page-${n}`, takenAt: same }));
  const others = Array.from({ length: 100 }, (_, n) => ({ path: `p-${n}`, takenAt: new Date(n * 2e10) }));
  const order = inOrder(await fill(collection.id, [...paths, ...others]));
  await db().$executeRaw`ANALYZE "media"`;
  const at = (index: number) => ({ takenAt: same, id: order[index] ?? "" });
  const statements = {
    "the first page": pageStatement(collection.id, null, 61),
    "a page in their midst": pageStatement(collection.id, at(500), 61),
    "the one before": neighbourStatement(collection.id, at(500), "before"),
    "the one after": neighbourStatement(collection.id, at(500), "after"),
  };
  for (const [name, statement] of Object.entries(statements)) {
    const nodes = await planOf(statement);
    const scan = nodes.find((node) => node["Index Name"] === "media_gallery_idx");
    expect(scan?.["Actual Rows"], name).toBeLessThanOrEqual(61);
    expect(scan?.["Rows Removed by Filter"] ?? 0, name).toBe(0);
    expect(
      nodes.map((node) => node["Node Type"]).filter((type) => /Sort|Seq Scan|Bitmap/.test(type)),
      name,
    ).toEqual([]);
  }
});

describe("files without a date", () => {
  const pagesOf = async (slug: string) => {
    const { items } = await mediaPage(await collectionBySlug(owner, slug));
    return items.map(({ path }) => path);
  };

  it("are in the order of their names, the files of the newer upload first", async () => {
    const slug = await testCollection(owner);
    const names = (folder: string) => [1, 2, 9, 10, 11].map((n) => `${folder}/page-${n}.txt`);
    for (const folder of ["b", "a"]) {
      const files = Object.fromEntries(names(folder).map((name) => [name, name]));
      await verified(owner, await opened(owner, slug, files));
    }
    expect(await pagesOf(slug)).toEqual([...names("a"), ...names("b")]);
  });

  it("share the instant of their upload, whichever page of its verification made them", async () => {
    const { id: collectionId } = await newCollection();
    const sealedAt = new Date("2026-05-17T07:30:00.123Z");
    const upload = { collectionId, createdById: null, state: "sealed" as const, sealedAt, expiresAt: sealedAt };
    const { id } = await db().upload.create({ data: upload });
    for (const path of ["page-2", "page-1", "page-10"]) {
      const found = {
        path,
        key: path,
        sentAs: null,
        versionId: "1",
        sizeBytes: 1,
        etag: "e",
        md5: null,
        sha256: null,
        crc64nvme: null,
      };
      const turns = { after: 0n, step: 1 };
      await db().$transaction((tx) => insertRevisions(tx, { id, collectionId, createdById: null }, [found], turns));
    }
    const media = await db().media.findMany({ where: { collectionId }, select: { takenAt: true, createdAt: true } });
    expect(media).toEqual(Array.from({ length: 3 }, () => ({ takenAt: sealedAt, createdAt: sealedAt })));
  });
});
