import { randomUUID } from "node:crypto";
import { type ListObjectVersionsCommandOutput, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { db } from "@/lib/db";
import { stopQueue } from "@/lib/jobs/queue/queue";
import { bucketPermit } from "@/lib/owner/commands";
import { storage } from "@/lib/storage/client";
import { listObjectVersions } from "@/lib/storage/objects/list";
import { createMultipart, listMultiparts } from "@/lib/storage/objects/multipart";
import { findUnknownPrefixes, removeUnknownPrefixes } from "@/lib/upload/orphan/commands";
import { uploadPolicy } from "@/lib/upload/policy";
import { testCollection, testUser } from "@/tests/support/fixtures/collections";
import { system } from "@/tests/support/fixtures/people";
import { drop, opened, verified } from "@/tests/support/fixtures/uploads";
import { testBucket, testDatabase } from "@/tests/support/services/services";

await testDatabase();
const bucket = await testBucket();
afterAll(() => stopQueue());

const ageMs = uploadPolicy.unknownPrefixSeconds * 1_000;
const later = () => new Date(Date.now() + ageMs + 60_000);

let owner: UserViewer;
beforeAll(async () => {
  owner = await testUser("Owner");
  await bucketPermit(system);
});
const longAgo = new Date(0);
beforeEach(async () => {
  await db().bucketOwner.updateMany({ data: { createdAt: longAgo, takenOverAt: null } });
  await db().unknownPrefix.deleteMany();
  await db().prefixWalk.updateMany({ data: { position: "", startedAt: new Date(0), leasedUntil: new Date(0) } });
});

const put = (key: string, Body = Buffer.from("x")) =>
  bucket.client.send(new PutObjectCommand({ Bucket: bucket.bucket, Key: key, Body }));

/** Walks to the end, with so many calls a run. Returns the number of runs. */
async function walk(maxCalls = 1_000): Promise<number> {
  let runs = 0;
  while ((await findUnknownPrefixes(system, maxCalls)) !== null) runs += 1;
  return runs;
}

const recorded = async () => (await db().unknownPrefix.findMany()).map(({ prefix }) => prefix).toSorted();

/** As if these were found so long ago that they may be removed. */
const age = () => db().unknownPrefix.updateMany({ data: { firstSeenAt: new Date(Date.now() - ageMs - 60_000) } });

async function keysIn(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of listObjectVersions(prefix)) keys.push(...page.map(({ key }) => key));
  return keys;
}

async function multipartsIn(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of listMultiparts(prefix)) keys.push(...page.map(({ key }) => key));
  return keys;
}

describe("objects under media/ of no known upload", () => {
  it("are found wherever they lie, a few calls at a time, and nothing else is", async () => {
    const slug = await testCollection(owner);
    const { id: collectionId } = await db().collection.findUniqueOrThrow({ where: { slug } });
    const open = await opened(owner, slug, { a: "open" });
    await verified(owner, await opened(owner, slug, { b: "verified" }));
    const unknown = [
      `media/${collectionId}/${randomUUID()}/`,
      `media/${randomUUID()}/${randomUUID()}/`,
      `media/${randomUUID()}/${open.id}/`,
      `media/${collectionId}/no-id/`,
      `media/no-id/either/`,
    ];
    for (const prefix of unknown) for (const name of ["1", "deep/2"]) await put(prefix + name);
    const keys = ["media/stray.jpg", `media/${collectionId}/stray.jpg`];
    for (const key of keys) await put(key);
    for (const key of ["derived/x/200.webp", "receipts/x.json", "archive/2019/a.jpg", "mediaphiles/a.jpg"])
      await put(key);
    expect(await walk()).toBe(1);
    expect(await recorded()).toEqual([...unknown, ...keys].toSorted());
    // One call a run gives the same, in more runs; and the day's walk is over then.
    await db().unknownPrefix.deleteMany();
    await db().prefixWalk.updateMany({ data: { startedAt: new Date(0) } });
    expect(await walk(1)).toBeGreaterThan(5);
    expect(await recorded()).toEqual([...unknown, ...keys].toSorted());
    expect(await findUnknownPrefixes(system)).toBeNull();
  });

  it("are removed only when they, and the knowledge of them, are old enough", async () => {
    const slug = await testCollection(owner);
    const kept = await opened(owner, slug, { a: "open" });
    const prefix = `media/${randomUUID()}/${randomUUID()}/`;
    for (const name of ["1", "1", "deep/2"]) await put(prefix + name);
    await createMultipart(await bucketPermit(system), { key: `${prefix}film.mov` });
    await walk();
    expect(await removeUnknownPrefixes(system, later())).toMatchObject({ versions: 0 });
    await age();
    expect(await removeUnknownPrefixes(system)).toMatchObject({ prefixes: 0, versions: 0 });
    expect(await keysIn(prefix)).toHaveLength(3);
    expect(await multipartsIn(prefix)).toEqual([`${prefix}film.mov`]);
    // Young objects start the time of their prefix again.
    expect(await removeUnknownPrefixes(system, later())).toMatchObject({ versions: 0 });
    await age();
    await removeUnknownPrefixes(system, later());
    expect(await keysIn(prefix)).toEqual([]);
    expect(await multipartsIn(prefix)).toEqual([]);
    expect(await keysIn(kept.prefix)).toHaveLength(1);
    expect(await recorded()).not.toContain(prefix);
  });

  it("stay when they are older than this database's ownership: a restored one does not know what was uploaded since", async () => {
    const prefix = `media/${randomUUID()}/${randomUUID()}/`;
    await put(`${prefix}verified by the site before`);
    const running = { key: `${prefix}begun at the site before` };
    await createMultipart(await bucketPermit(system), running);
    await walk();
    await age();
    const hoursAgo = (count: number) => new Date(Date.now() - count * 60 * 60 * 1_000);
    // The storage's clock may be ahead of the database's: a day after the take-over counts as before it.
    for (const takenOverAt of [hoursAgo(-1), hoursAgo(23)]) {
      await age();
      await db().bucketOwner.updateMany({ data: { takenOverAt } });
      expect(await removeUnknownPrefixes(system, later())).toMatchObject({ prefixes: 0, versions: 0 });
      expect(await keysIn(prefix)).toHaveLength(1);
      expect(await multipartsIn(prefix)).toEqual([running.key]);
    }
    await db().bucketOwner.updateMany({ data: { takenOverAt: hoursAgo(25) } });
    await age();
    await removeUnknownPrefixes(system, later());
    expect([await keysIn(prefix), await multipartsIn(prefix)]).toEqual([[], []]);
  });

  it("of which only parts are young keep their place in the record", async () => {
    const prefix = `media/${randomUUID()}/${randomUUID()}/`;
    await createMultipart(await bucketPermit(system), { key: `${prefix}film.mov` });
    await db().unknownPrefix.create({ data: { prefix, isFolder: true, firstSeenAt: longAgo } });
    expect(await removeUnknownPrefixes(system)).toMatchObject({ prefixes: 0 });
    expect([await recorded(), await multipartsIn(prefix)]).toEqual([[prefix], [`${prefix}film.mov`]]);
    await age();
    expect(await removeUnknownPrefixes(system, later())).toMatchObject({ prefixes: 1 });
    expect(await multipartsIn(prefix)).toEqual([]);
  });

  it("stay when their upload is known again, or a revision pins them", async () => {
    const slug = await testCollection(owner);
    const upload = await drop(owner, slug, { a: "one" });
    const other = await opened(owner, slug, { b: "two", c: "three" });
    await verified(owner, other);
    const lost = await db().upload.findUniqueOrThrow({ where: { id: upload.id } });
    await db().upload.delete({ where: { id: upload.id } });
    // As in a record that was rebuilt with other ids.
    const keys = await keysIn(other.prefix);
    await db().revision.deleteMany({ where: { key: keys[1] ?? "", media: { currentRevisionId: null } } });
    await walk();
    expect(await recorded()).toContain(upload.prefix);
    await age();
    const { metadata: _, ...row } = lost;
    await db().upload.create({ data: row });
    await removeUnknownPrefixes(system, later());
    expect(await keysIn(upload.prefix)).toHaveLength(1);
    expect(await recorded()).not.toContain(upload.prefix);
    await db().unknownPrefix.create({ data: { prefix: keys[0] ?? "", isFolder: false, firstSeenAt: longAgo } });
    await removeUnknownPrefixes(system, later());
    expect(await keysIn(other.prefix)).toEqual(keys);
  });

  it("that are alike in name to a key of none are not removed with it", async () => {
    const key = `media/${randomUUID()}`;
    for (const name of [key, `${key}0`, `${key}/${randomUUID()}/a`]) await put(name);
    await db().unknownPrefix.create({ data: { prefix: key, isFolder: false, firstSeenAt: longAgo } });
    expect(await removeUnknownPrefixes(system, later())).toMatchObject({ prefixes: 1, versions: 1 });
    expect(await keysIn(key)).toHaveLength(2);
  });

  it("are not all of media/ or of a collection where a console or s3fs made a marker of the folder", async () => {
    const slug = await testCollection(owner);
    const { id: collectionId } = await db().collection.findUniqueOrThrow({ where: { slug } });
    const open = await opened(owner, slug, { a: "old, and open" });
    const running = { key: `${open.prefix}film.mov` };
    await createMultipart(await bucketPermit(system), running);
    const markers = ["media/", `media/${collectionId}/`, `media/${randomUUID()}/`];
    for (const key of markers) await put(key, Buffer.alloc(0));
    await put("media/", Buffer.alloc(0));
    for (const calls of [1_000, 1]) {
      await db().prefixWalk.updateMany({ data: { position: "", startedAt: longAgo } });
      await walk(calls);
      const found = await db().unknownPrefix.findMany({ where: { prefix: { in: markers } } });
      expect(found.map(({ isFolder }) => isFolder)).toEqual([false, false, false]);
    }
    await age();
    await removeUnknownPrefixes(system, later());
    expect(await recorded()).not.toEqual(expect.arrayContaining(markers));
    const left = await keysIn("media/");
    for (const key of markers) expect(left).not.toContain(key);
    expect(await keysIn(open.prefix)).toHaveLength(1);
    expect(await multipartsIn(open.prefix)).toEqual([running.key]);
    // Nor does the database take one for a folder.
    for (const prefix of markers) {
      await expect(db().unknownPrefix.create({ data: { prefix, isFolder: true } })).rejects.toThrow("of_one_upload");
    }
  });

  it("are found directly under media/, before and after a run that ends within the collections", async () => {
    const collections = Array.from({ length: 3 }, (_, index) => `media/${index}-no-id/`);
    for (const collection of collections) await put(`${collection}upload/a`);
    const keys = ["media/0-before.jpg", "media/1-between.jpg", "media/z-after.jpg"];
    for (const key of keys) await put(key);
    expect(await walk(1)).toBeGreaterThan(collections.length);
    expect(await recorded()).toEqual(expect.arrayContaining([...keys, ...collections.map((name) => `${name}upload/`)]));
  });

  it("do not hold up others when they are kept and take more calls than a run has", async () => {
    const [large, small] = [0, 1].map(() => `media/${randomUUID()}/${randomUUID()}/`) as [string, string];
    for (const name of ["1", "2", "3"]) await put(large + name);
    await put(`${small}1`);
    const seen = new Date(Date.now() - ageMs - 60_000);
    await db().unknownPrefix.create({ data: { prefix: large, isFolder: true, firstSeenAt: new Date(0) } });
    await db().unknownPrefix.create({ data: { prefix: small, isFolder: true, firstSeenAt: seen } });
    // Pages of one version; the large one's are too young, the small one's are not.
    const calls = new Map<string, number>();
    storage().client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const { Prefix } = args.input as { Prefix?: string };
          if (commandName !== "ListObjectVersionsCommand") return next(args);
          calls.set(Prefix ?? "", (calls.get(Prefix ?? "") ?? 0) + 1);
          const answer = await next({ ...args, input: { ...args.input, MaxKeys: 1 } as typeof args.input });
          if (Prefix === large)
            for (const version of (answer.output as ListObjectVersionsCommandOutput).Versions ?? [])
              version.LastModified = later();
          return answer;
        },
      { step: "initialize", name: "pages" },
    );
    expect(await removeUnknownPrefixes(system, later(), 2)).toMatchObject({ versions: 0 });
    expect(await removeUnknownPrefixes(system, later(), 2)).toMatchObject({ prefixes: 1, versions: 1 });
    storage().client.middlewareStack.remove("pages");
    expect(await keysIn(large)).toHaveLength(3);
    expect(await keysIn(small)).toEqual([]);
    expect(calls.get(large)).toBe(3);
  });

  it("do not hold up others when they cannot be removed", async () => {
    const [locked, free] = [0, 1].map(() => `media/${randomUUID()}/${randomUUID()}/`) as [string, string];
    for (const prefix of [locked, free]) await put(`${prefix}1`);
    const seen = new Date(Date.now() - ageMs - 60_000);
    await db().unknownPrefix.create({ data: { prefix: locked, isFolder: true, firstSeenAt: longAgo } });
    await db().unknownPrefix.create({ data: { prefix: free, isFolder: true, firstSeenAt: seen } });
    // As under a retention of the bucket, or a policy that denies it.
    storage().client.middlewareStack.add(
      (next) => async (args) => {
        const { Delete } = args.input as { Delete?: { Objects: { Key: string }[] } };
        if (Delete?.Objects.some(({ Key }) => Key.startsWith(locked))) throw new Error("locked");
        return next(args);
      },
      { step: "initialize", name: "locked" },
    );
    try {
      await expect(removeUnknownPrefixes(system, later())).rejects.toThrow();
      expect([await keysIn(locked), await keysIn(free)]).toEqual([[`${locked}1`], []]);
      expect(await recorded()).toEqual([locked]);
      // Its turn comes after those that wait, not first again.
      expect(await removeUnknownPrefixes(system, later())).toEqual({ prefixes: 0, versions: 0, bytes: 0 });
    } finally {
      storage().client.middlewareStack.remove("locked");
    }
    await age();
    expect(await removeUnknownPrefixes(system, later())).toMatchObject({ prefixes: 1, versions: 1 });
  });

  it("are looked for by one worker at a time, and the walk of one that was killed is resumed", async () => {
    expect(await Promise.all([findUnknownPrefixes(system), findUnknownPrefixes(system)])).toContain(null);
    await db().prefixWalk.updateMany({ data: { position: "media/", leasedUntil: new Date(Date.now() + 60_000) } });
    expect(await findUnknownPrefixes(system)).toBeNull();
    await db().prefixWalk.updateMany({ data: { leasedUntil: new Date(0) } });
    expect(await findUnknownPrefixes(system)).not.toBeNull();
    // A storage that fails leaves the walk where it was.
    storage().client.middlewareStack.add(
      () => async () => {
        throw new Error("away");
      },
      { step: "initialize", name: "down" },
    );
    await db().prefixWalk.updateMany({ data: { position: "media/0/", leasedUntil: new Date(0) } });
    await expect(findUnknownPrefixes(system)).rejects.toThrow();
    storage().client.middlewareStack.remove("down");
    expect(await db().prefixWalk.findFirstOrThrow()).toMatchObject({ position: "media/0/" });
    expect(await findUnknownPrefixes(system)).not.toBeNull();
  });
});
