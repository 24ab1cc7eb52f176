import { describe, expect, it } from "vitest";
import { appendPage, pendingIds, putItems, renewFirstPage } from "@/components/media/gallery/state";
import type { MediaItem } from "@/lib/media/schema";

function item(id: string, state: MediaItem["state"] = "ready"): MediaItem {
  return {
    id,
    path: `${id}.jpg`,
    title: null,
    takenAt: "2026-01-01T00:00:00.000Z",
    takenKnown: true,
    takenOffsetMinutes: null,
    state,
    rejectReason: null,
    warning: null,
    displayNote: null,
    contentType: null,
    sizeBytes: 1,
    width: null,
    height: null,
    urls: {},
  };
}
const page = (ids: string[], nextCursor: string | null = null) => ({ items: ids.map((id) => item(id)), nextCursor });
const idsOf = ({ items }: { items: MediaItem[] }) => items.map(({ id }) => id).join("");

describe("the gallery's list", () => {
  it("appends a page and never shows a media twice", () => {
    const state = appendPage(page(["a", "b"], "2"), page(["b", "c"], "3"));
    expect(idsOf(state)).toBe("abc");
    expect(state.nextCursor).toBe("3");
  });

  it("keeps only the new first page when nothing else was loaded, which drops deleted items", () => {
    expect(idsOf(renewFirstPage(page(["a", "b", "c"], "3"), page(["a", "c", "d"], "4")))).toBe("acd");
  });

  it("keeps only the new first page when it is the whole collection", () => {
    expect(renewFirstPage(page(["a", "b", "c", "d"], "4"), page(["a"]))).toEqual(page(["a"]));
  });

  it("keeps items loaded after the first page, and the cursor", () => {
    const loaded = appendPage(page(["a", "b"], "2"), page(["c", "d"], "4"));
    const renewed = renewFirstPage(loaded, page(["x", "a"], "1"));
    expect(idsOf(renewed)).toBe("xabcd");
    expect(renewed.nextCursor).toBe("4");
  });

  it("replaces items and drops requested ones that no longer exist", () => {
    const state = { items: [item("a", "pending"), item("b"), item("c", "pending")], nextCursor: "3" };
    const after = putItems(state, ["a", "c"], [item("a")]);
    expect(after.items.map(({ id, state }) => [id, state])).toEqual([
      ["a", "ready"],
      ["b", "ready"],
    ]);
    expect(after.nextCursor).toBe("3");
  });

  it("returns the pending ids, as many as one request accepts", () => {
    const items = [item("a", "pending"), item("b"), item("c", "pending"), item("d", "pending")];
    expect(pendingIds({ items, nextCursor: null }, 2)).toEqual(["a", "c"]);
  });
});
