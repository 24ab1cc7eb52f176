import { expect, it } from "vitest";
import { roles } from "@/lib/collection/policy";
import { choicesFor, mayReplace } from "@/lib/upload/policy";

it.each(roles)("%s: replaces their own files, and those of others as an editor only", (role) => {
  const isEditor = role === "editor" || role === "owner";
  expect(mayReplace({ userId: "a", role }, { createdById: "a" })).toBe(true);
  expect(mayReplace({ userId: "a", role }, { createdById: "b" })).toBe(isEditor);
  expect(mayReplace({ userId: "a", role }, { createdById: null })).toBe(isEditor);
});

it("an upload of no one, or of a person who left, replaces no one else's file", () => {
  expect(mayReplace({ userId: null, role: null }, { createdById: null })).toBe(false);
  expect(mayReplace({ userId: null, role: null }, { createdById: "a" })).toBe(false);
  expect(mayReplace({ userId: "a", role: null }, { createdById: "b" })).toBe(false);
});

it("replacing is offered where it is allowed", () => {
  expect(choicesFor(true)).toEqual(["revision", "skip", "both"]);
  expect(choicesFor(false)).toEqual(["skip", "both"]);
});
