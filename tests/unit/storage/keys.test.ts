import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { derivedKey, derivedSizes, newDerivedId, originalKey, pathOfKey, uploadPrefix } from "@/lib/storage/keys";

const ids = ["7f0c6a52-6f0a-4b7e-9c8e-0d9f5b3a1c11", "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"] as const;

describe("keys", () => {
  it("puts an upload under its collection", () => {
    expect(uploadPrefix(...ids)).toBe(`media/${ids[0]}/${ids[1]}/`);
  });

  it.each(["", "a/b", "..", `\${filename}`, "a b", "a\n"])("refuses the id %j", (id) => {
    expect(() => uploadPrefix(id, ids[1])).toThrow(TypeError);
    expect(() => uploadPrefix(ids[0], id)).toThrow(TypeError);
  });

  it("returns the path of any key it made", () => {
    const prefix = uploadPrefix(...ids);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (path) => {
        expect(pathOfKey(prefix, originalKey(prefix, path))).toBe(path);
      }),
    );
    expect(() => pathOfKey(prefix, `media/${ids[0]}/other/a.jpg`)).toThrow(TypeError);
  });

  it("names derived pictures by 128 random bits", () => {
    expect(derivedSizes.map((size) => derivedKey("abc", size))).toEqual([
      "derived/abc/200.webp",
      "derived/abc/800.webp",
      "derived/abc/1600.webp",
    ]);
    const made = Array.from({ length: 1000 }, newDerivedId);
    for (const id of made) expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(made).size).toBe(1000);
  });
});
