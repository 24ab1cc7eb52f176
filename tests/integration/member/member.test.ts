import { beforeAll, describe, expect, it } from "vitest";
import type { UserViewer } from "@/lib/auth/viewer";
import { collectionBySlug } from "@/lib/collection/queries";
import { db } from "@/lib/db";
import { removeMember, setMember } from "@/lib/member/commands";
import { membersOf } from "@/lib/member/queries";
import { collectionOf, person, system } from "../../support/fixtures/people";
import { testDatabase } from "../../support/services/services";

await testDatabase();

const owners = (collectionId: string) => db().member.count({ where: { collectionId, role: "owner" } });
const unknown = "7b0cbe4a-0d5c-4a5e-9d4a-0f6a4d1d2c11";

let owner: UserViewer;
let other: UserViewer;
beforeAll(async () => {
  [owner, other] = [await person("owner"), await person("other")];
});

describe("members", () => {
  it("are added, changed and removed by an owner, each with a line in the log", async () => {
    const { slug, id } = await collectionOf(owner);
    await setMember(owner, slug, { userId: other.userId, role: "viewer" });
    expect((await collectionBySlug(other, slug)).role).toBe("viewer");
    await setMember(owner, slug, { userId: other.userId, role: "editor" });
    const { items } = await membersOf(owner, slug);
    expect(Object.fromEntries(items.map(({ userId, role }) => [userId, role]))).toEqual({
      [owner.userId]: "owner",
      [other.userId]: "editor",
    });
    await removeMember(owner, slug, other.userId);
    await expect(collectionBySlug(other, slug)).rejects.toMatchObject({ code: "NOT_FOUND" });
    const lines = await db().event.findMany({
      where: { collectionId: id, subjectType: "member" },
      orderBy: { id: "asc" },
    });
    expect(lines.map(({ action, subjectId, actorId, detail }) => ({ action, subjectId, actorId, detail }))).toEqual([
      { action: "member.set", subjectId: other.userId, actorId: owner.userId, detail: { role: "viewer" } },
      { action: "member.set", subjectId: other.userId, actorId: owner.userId, detail: { role: "editor" } },
      { action: "member.removed", subjectId: other.userId, actorId: owner.userId, detail: {} },
    ]);
  });

  it("may leave, but not remove others", async () => {
    const third = await person("third");
    const { slug } = await collectionOf(owner, { members: { viewer: other, editor: third } });
    await expect(removeMember(third, slug, other.userId)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await removeMember(other, slug, other.userId);
    await expect(removeMember(other, slug, other.userId)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await membersOf(owner, slug)).items).toHaveLength(2);
  });

  it("cannot give themselves a higher role", async () => {
    const { slug } = await collectionOf(owner, { visibility: "public", members: { editor: other } });
    const rise = setMember(other, slug, { userId: other.userId, role: "owner" });
    await expect(rise).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("must be people", async () => {
    const { slug } = await collectionOf(owner);
    for (const userId of [unknown, "not-an-id", "nul\u0000"]) {
      await expect(setMember(owner, slug, { userId, role: "viewer" })).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(removeMember(owner, slug, userId)).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
  });
});

describe("the last owner", () => {
  it("can neither leave, nor be removed, nor get a lower role", async () => {
    const { slug, id } = await collectionOf(owner, { members: { editor: other } });
    for (const viewer of [owner, system]) {
      await expect(removeMember(viewer, slug, owner.userId)).rejects.toMatchObject({ code: "CONFLICT" });
      const lower = setMember(viewer, slug, { userId: owner.userId, role: "editor" });
      await expect(lower).rejects.toMatchObject({ code: "CONFLICT" });
    }
    await setMember(owner, slug, { userId: owner.userId, role: "owner" });
    expect(await owners(id)).toBe(1);
  });

  it("can go once there is another", async () => {
    const { slug, id } = await collectionOf(owner, { members: { owner: other } });
    await removeMember(owner, slug, owner.userId);
    expect(await owners(id)).toBe(1);
    await expect(removeMember(other, slug, other.userId)).rejects.toMatchObject({ code: "CONFLICT" });
  });

  const races = {
    "both leave": (slug: string) => [removeMember(owner, slug, owner.userId), removeMember(other, slug, other.userId)],
    "each removes the other": (slug: string) => [
      removeMember(owner, slug, other.userId),
      removeMember(other, slug, owner.userId),
    ],
    "each lowers the other": (slug: string) => [
      setMember(owner, slug, { userId: other.userId, role: "viewer" }),
      setMember(other, slug, { userId: owner.userId, role: "viewer" }),
    ],
    "one leaves while the other steps down": (slug: string) => [
      removeMember(owner, slug, owner.userId),
      setMember(other, slug, { userId: other.userId, role: "editor" }),
    ],
  };

  it.each(Object.entries(races))("stays when two owners act at once: %s", async (_, race) => {
    for (let round = 0; round < 10; round += 1) {
      const { slug, id } = await collectionOf(owner, { members: { owner: other } });
      const outcomes = await Promise.allSettled(race(slug));
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
      const refused = outcomes.find((outcome) => outcome.status === "rejected");
      expect(["CONFLICT", "NOT_FOUND"]).toContain(refused?.reason.code);
      expect(await owners(id)).toBe(1);
    }
  });
});
