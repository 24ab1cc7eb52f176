import { beforeAll, describe, expect, it } from "vitest";
import { mintAnonymousViewer, type UserViewer } from "@/lib/auth/viewer";
import { createCollection, restoreCollection, trashCollection, updateCollection } from "@/lib/collection/commands";
import { collectionBySlug, collectionsOf, publicCollections } from "@/lib/collection/queries";
import { createCollectionInput } from "@/lib/collection/schema";
import { db } from "@/lib/db";
import { collectionOf, person, system } from "../../support/fixtures/people";
import { testDatabase } from "../../support/services/services";

await testDatabase();

const anonymous = mintAnonymousViewer();
const create = (
  viewer: UserViewer,
  form: { name: string; slug?: string; visibility?: "private" | "preview" | "public" },
) => createCollection(viewer, createCollectionInput.parse(form));
const eventsOf = (collectionId: string) =>
  db().event.findMany({
    where: { collectionId },
    orderBy: { id: "asc" },
    select: { action: true, actorId: true, detail: true },
  });

let owner: UserViewer;
beforeAll(async () => {
  owner = await person("owner");
});

describe("creating", () => {
  it("makes the creator its owner, once, with a line in the log", async () => {
    const { slug } = await create(owner, { name: "Große Riffe" });
    expect(slug).toBe("grosse-riffe");
    const page = await collectionBySlug(owner, slug);
    expect(page).toMatchObject({
      name: "Große Riffe",
      role: "owner",
      visibility: "private",
      mediaCount: 0,
      sizeBytes: 0,
    });
    expect(Object.values(page.abilities)).toEqual(Object.values(page.abilities).map(() => true));
    expect(await eventsOf(page.id)).toEqual([
      {
        action: "collection.created",
        actorId: owner.userId,
        detail: { name: "Große Riffe", slug: "grosse-riffe", visibility: "private" },
      },
    ]);
  });

  it("finds an address for the same name repeatedly, also at once", async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => create(owner, { name: "Same reef" })));
    const slugs = made.map(({ slug }) => slug);
    expect(new Set(slugs).size).toBe(8);
    expect(slugs).toContain("same-reef");
    for (const slug of slugs) expect(slug).toMatch(/^same-reef(-[0-9a-z]{4})?$/);
  });

  it("makes a random address for a name without letters", async () => {
    expect((await create(owner, { name: "🐠🐡" })).slug).toMatch(/^collection-[0-9a-z]{4}$/);
  });

  it("gives a taken address a suffix, whoever has it and wherever it is, and never says that it is taken", async () => {
    const stranger = await person("stranger");
    await create(stranger, { name: "Private", slug: "wished" });
    const trashed = await create(stranger, { name: "Trashed", slug: "wished-too" });
    await trashCollection(stranger, trashed.slug);
    await create(owner, { name: "Mine", slug: "wished-for" });
    for (const slug of ["wished", "wished-too", "wished-for"]) {
      const made = await create(owner, { name: "Second", slug });
      expect(made.slug).toMatch(new RegExp(`^${slug}-[0-9a-z]{4}$`));
      expect(await collectionBySlug(owner, made.slug)).toMatchObject({ name: "Second", role: "owner" });
      expect((await eventsOf((await collectionBySlug(owner, made.slug)).id))[0]?.detail).toMatchObject(made);
    }
    await expect(collectionBySlug(owner, "wished")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("gives each of many at once an address of its own, also one of the greatest length", async () => {
    const slug = `${"x".repeat(54)}-${"y".repeat(9)}`;
    const made = await Promise.all(Array.from({ length: 8 }, () => create(owner, { name: "Long", slug })));
    expect(new Set(made.map((one) => one.slug)).size).toBe(8);
    for (const one of made) expect(one.slug).toMatch(new RegExp(`^${slug}$|^x{54}-[0-9a-z]{4}([0-9a-z]{4})?$`));
  });
});

describe("changing", () => {
  it("renames without moving, and changes only the given fields", async () => {
    const { slug, id } = await collectionOf(owner);
    await updateCollection(owner, slug, { name: "New name" });
    await updateCollection(owner, slug, { visibility: "public", description: "What it is" });
    expect(await collectionBySlug(anonymous, slug)).toMatchObject({
      slug,
      name: "New name",
      description: "What it is",
      visibility: "public",
      role: null,
    });
    expect((await eventsOf(id)).slice(1)).toEqual([
      { action: "collection.changed", actorId: owner.userId, detail: { name: "New name" } },
      {
        action: "collection.changed",
        actorId: owner.userId,
        detail: { visibility: "public", description: "What it is" },
      },
    ]);
  });

  it("leaves no line when refused", async () => {
    const { slug, id } = await collectionOf(owner, { visibility: "public" });
    const stranger = await person("stranger");
    await expect(updateCollection(stranger, slug, { name: "Mine" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await eventsOf(id)).toHaveLength(1);
  });
});

describe("the trash", () => {
  it("hides a collection from all viewers, and restores it unchanged", async () => {
    const member = await person("member");
    const { slug, id } = await collectionOf(owner, { visibility: "public", members: { editor: member } });
    await trashCollection(owner, slug);
    for (const viewer of [owner, member, anonymous, system]) {
      await expect(collectionBySlug(viewer, slug)).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    expect((await collectionsOf(owner)).map((card) => card.slug)).not.toContain(slug);
    await expect(updateCollection(owner, slug, { name: "x" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(trashCollection(owner, slug)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(restoreCollection(member, slug)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(restoreCollection(anonymous, slug)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await restoreCollection(owner, slug);
    expect(await collectionBySlug(anonymous, slug)).toMatchObject({ id, visibility: "public" });
    expect((await collectionBySlug(member, slug)).role).toBe("editor");
    expect((await eventsOf(id)).map(({ action }) => action).slice(-2)).toEqual([
      "collection.trashed",
      "collection.restored",
    ]);
  });

  it("keeps the address", async () => {
    const { slug } = await collectionOf(owner);
    await trashCollection(owner, slug);
    expect((await create(owner, { name: "Squatter", slug })).slug).not.toBe(slug);
    await restoreCollection(owner, slug);
    expect(await collectionBySlug(owner, slug)).toMatchObject({ slug });
  });
});

describe("listing", () => {
  it("returns a person's own with their role, newest first, and no others, public or not", async () => {
    const [reader, other] = [await person("reader"), await person("other")];
    const mine = await collectionOf(reader);
    const theirs = await collectionOf(other, { members: { viewer: reader } });
    await collectionOf(other, { visibility: "public" });
    const cards = await collectionsOf(reader);
    expect(cards.map(({ slug, role }) => [slug, role])).toEqual([
      [theirs.slug, "viewer"],
      [mine.slug, "owner"],
    ]);
    expect(Object.keys(cards[0] ?? {}).toSorted()).toEqual([
      "createdAt",
      "description",
      "editVersion",
      "id",
      "mediaCount",
      "name",
      "originals",
      "role",
      "sizeBytes",
      "slug",
      "visibility",
    ]);
    expect(await collectionsOf(anonymous)).toEqual([]);
  });

  it("shows the world a dozen public ones that are not empty", async () => {
    const curator = await person("curator");
    const fill = (slug: string) =>
      db().collection.update({ where: { slug }, data: { mediaCount: 3, sizeBytes: 2n ** 40n } });
    const made: string[] = [];
    for (let n = 0; n < 13; n += 1) {
      const { slug } = await collectionOf(curator, { visibility: "public" });
      await fill(slug);
      made.unshift(slug);
    }
    for (const visibility of ["private", "preview"] as const)
      await fill((await collectionOf(curator, { visibility })).slug);
    await collectionOf(curator, { visibility: "public" });
    for (const viewer of [anonymous, curator]) {
      const cards = await publicCollections(viewer);
      expect(cards.map(({ slug }) => slug)).toEqual(made.slice(0, 12));
      expect(cards[0]).toMatchObject({ sizeBytes: 2 ** 40, role: viewer === curator ? "owner" : null });
    }
  });
});

describe("what outsiders learn of a collection", () => {
  it("preview: neither its size nor when it was made; public, or as a member: everything", async () => {
    const [member, stranger] = [await person("member"), await person("stranger")];
    const { slug } = await collectionOf(owner, { visibility: "preview", members: { viewer: member } });
    await db().collection.update({ where: { slug }, data: { mediaCount: 3, sizeBytes: 98_765_432_109n } });
    const facts = ["description", "id", "mediaCount", "name", "originals", "role", "slug", "visibility"];
    for (const viewer of [anonymous, stranger]) {
      const { abilities, ...seen } = await collectionBySlug(viewer, slug);
      expect(Object.keys(seen).toSorted()).toEqual(facts);
      expect(seen).toMatchObject({ originals: false, role: null, mediaCount: 3 });
      expect(abilities).toMatchObject({ see: true, seeOriginals: false });
    }
    const whole = { originals: true, sizeBytes: 98_765_432_109, createdAt: expect.any(String) };
    expect(await collectionBySlug(member, slug)).toMatchObject({ ...whole, role: "viewer" });
    await updateCollection(owner, slug, { visibility: "public" });
    expect(await collectionBySlug(stranger, slug)).toMatchObject({ ...whole, role: null });
  });
});

it.each(["", "..", "UPPER", "a b", "nul\u0000", "x".repeat(5_000), "' OR 1=1 --"])(
  "an address that cannot be one (%j) is not found, not an error",
  async (slug) => {
    const calls = [
      collectionBySlug(owner, slug),
      updateCollection(owner, slug, { name: "x" }),
      trashCollection(owner, slug),
      restoreCollection(owner, slug),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: "NOT_FOUND" } });
    }
  },
);
