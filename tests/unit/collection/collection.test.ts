import { describe, expect, it } from "vitest";
import { abilities, leastRole, may, roles, rolesThatMay, type visibilities } from "@/lib/collection/policy";
import { createCollectionInput, isSlug, updateCollectionInput } from "@/lib/collection/schema";
import { slugCandidate, slugOf } from "@/lib/collection/slug";

describe("a slug", () => {
  it.each([
    ["Reef survey 2024", "reef-survey-2024"],
    ["  --Große Riffe & Öfen!--  ", "grosse-riffe-ofen"],
    ["Île d’Oléron", "ile-doleron"],
    ["Bob's reef", "bobs-reef"],
    ["Ærøskøbing þing Łódź", "aeroskobing-thing-lodz"],
    ["İstanbul ışık", "istanbul-isik"],
    ["Красное море", "krasnoe-more"],
    ["Щука и ёж", "shchuka-i-ezh"],
    ["Київ", "kiiv"],
    ["Αιγαίο Πέλαγος", "aigaio-pelagos"],
    ["½ ﬁsh №5", "1-2-fish-no5"],
    ["海 reef 珊瑚", "reef"],
    ["🐠🐟", ""],
    ["珊瑚礁", ""],
    ["مرجان", ""],
    ["../..//etc", "etc"],
  ])("of %j is %j", (name, slug) => {
    expect(slugOf(name)).toBe(slug);
  });

  it("is always accepted by the database, with or without a suffix", () => {
    const names = [
      "🐠",
      "x".repeat(120),
      `${"ab ".repeat(40)}`,
      "щ".repeat(120),
      "-",
      "A",
      "珊瑚",
      `${"x".repeat(54)} y`,
    ];
    for (const name of names) {
      for (const attempt of [0, 1, 3]) expect(slugCandidate(slugOf(name), attempt, "0z9a1y8b")).toSatisfy(isSlug);
    }
    for (const wanted of ["x".repeat(64), `${"x".repeat(54)}-${"y".repeat(9)}`])
      for (const attempt of [0, 1, 3]) expect(slugCandidate(wanted, attempt, "0z9a1y8b")).toSatisfy(isSlug);
    expect(slugCandidate("", 0, "0z9a1y8b")).toBe("collection-0z9a");
    expect(slugCandidate("reef", 0, "0z9a1y8b")).toBe("reef");
    expect(slugCandidate("reef", 1, "0z9a1y8b")).toBe("reef-0z9a");
    expect(slugCandidate("reef", 3, "0z9a1y8b")).toBe("reef-0z9a1y8b");
  });

  it.each(["", "-a", "a-", "a--b", "A", "a b", "ä", "a\u0000", "a".repeat(65), "a\n"])("%j is none", (text) => {
    expect(isSlug(text)).toBe(false);
    expect(createCollectionInput.safeParse({ name: "Reef", slug: text }).success).toBe(false);
  });
});

describe("a collection's form", () => {
  it("needs a name and is private unless said otherwise", () => {
    expect(createCollectionInput.parse({ name: "  Reef  " })).toEqual({
      name: "Reef",
      description: "",
      visibility: "private",
    });
    expect(createCollectionInput.safeParse({ name: "   " }).error?.issues[0]?.message).toMatch(
      /Give the collection a name/,
    );
  });

  it.each([
    { name: "x".repeat(121) },
    { name: "two\nlines" },
    { name: "nul\u0000" },
    { name: "\ud800" },
    { name: "Reef", description: "x".repeat(2_001) },
    { name: "Reef", description: "nul\u0000" },
    { name: "Reef", visibility: "secret" },
    { name: 7 },
    null,
  ])("refuses %j", (form) => {
    expect(createCollectionInput.safeParse(form).success).toBe(false);
  });

  it("accepts emoji, right-to-left names and lines in the description", () => {
    const form = { name: "🐠 שונית", description: "one\n\ttwo\r\nthree" };
    expect(createCollectionInput.parse(form)).toMatchObject({ description: "one\n\ttwo\nthree" });
  });

  it("changes only the given fields, and at least one", () => {
    expect(updateCollectionInput.parse({ visibility: "public" })).toEqual({ visibility: "public" });
    expect(updateCollectionInput.safeParse({ name: "New", slug: "new" }).success).toBe(false);
    expect(updateCollectionInput.safeParse({}).success).toBe(false);
  });
});

describe("the policy", () => {
  it("gives each role the abilities of those before it", () => {
    for (const ability of abilities) {
      expect(rolesThatMay(ability)).toEqual(roles.slice(roles.indexOf(leastRole[ability])));
    }
  });

  it("opens viewing, and no change", () => {
    const open = (visibility: (typeof visibilities)[number]) =>
      abilities.filter((ability) => may(ability, { visibility, role: null }));
    expect(open("private")).toEqual([]);
    expect(open("preview")).toEqual(["see"]);
    expect(open("public")).toEqual(["see", "seeOriginals"]);
  });
});
