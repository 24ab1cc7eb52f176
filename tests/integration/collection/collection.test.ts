import { beforeAll, describe, expect, it } from "vitest";
import { mintAnonymousViewer, type UserViewer } from "@/lib/auth/viewer";
import { createCollection, restoreCollection, trashCollection, updateCollection } from "@/lib/collection/commands";
import { collectionBySlug, collectionsOf, publicCollections } from "@/lib/collection/queries";
import { createCollectionInput } from "@/lib/collection/schema";
import { db } from "@/lib/db";
import { collectionOf, person, system } from "../../support/people";
import { testDatabase } from "../../support/services";

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

  it("refuses a taken address, and leaves nothing behind", async () => {
    await create(owner, { name: "Taken", slug: "wished" });
    const before = await db().collection.count();
    const again = create(owner, { name: "Second", slug: "wished" });
    await expect(again).rejects.toMatchObject({ code: "CONFLICT", issues: [{ path: "slug" }] });
    expect(await db().collection.count()).toBe(before);
    expect(await db().event.count({ where: { detail: { path: ["name"], equals: "Second" } } })).toBe(0);
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
    await expect(create(owner, { name: "Squatter", slug })).rejects.toMatchObject({ code: "CONFLICT" });
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
