import { describe, expect, it } from "vitest";
import { tileRatio, tileSources } from "@/components/media/gallery/picture-sources";
import { isDisplayable, loadsAutomatically, typeNameOf } from "@/components/media/media-text";
import type { MediaItem } from "@/lib/media/schema";

const thumb = "https://s3.example/thumb";
const card = "https://s3.example/card";

function picture(width: number | null, height: number | null, urls: MediaItem["urls"] = { thumb, card }): MediaItem {
  return {
    id: "a",
    path: "a.jpg",
    title: null,
    takenAt: "2026-01-01T00:00:00.000Z",
    takenKnown: true,
    takenOffsetMinutes: null,
    state: "ready",
    rejectReason: null,
    warning: null,
    displayNote: null,
    contentType: "image/jpeg",
    sizeBytes: 1,
    width,
    height,
    urls,
  };
}

describe("a tile's picture", () => {
  it("lists each derivative with its width", () => {
    expect(tileSources(picture(3000, 2000), 200)?.srcSet).toBe(`${thumb} 200w, ${card} 800w`);
    expect(tileSources(picture(2000, 4000), 200)?.srcSet).toBe(`${thumb} 100w, ${card} 400w`);
  });

  it("accounts for small originals, which are not enlarged", () => {
    expect(tileSources(picture(300, 200), 200)?.srcSet).toBe(`${thumb} 200w, ${card} 300w`);
    expect(tileSources(picture(100, 68), 200)).toEqual({ src: card });
  });

  it("gives non-members the thumbnail only", () => {
    expect(tileSources(picture(3000, 2000, { thumb }), 200)).toEqual({ src: thumb });
    expect(tileSources(picture(3000, 2000, {}), 200)).toBeNull();
  });

  it("clamps ratios to what fits into a row", () => {
    expect(tileRatio({ state: "ready", width: 10_000, height: 500 })).toBe(2.6);
    expect(tileRatio({ state: "ready", width: 500, height: 10_000 })).toBe(0.56);
    expect(tileRatio({ state: "pending", width: null, height: null })).toBeCloseTo(4 / 3);
  });
});

describe("an original", () => {
  const original = { state: "ready", contentType: "image/jpeg", sizeBytes: 20 * 1024 * 1024 } as const;

  it("loads automatically when it is small and every browser can display it", () => {
    expect(loadsAutomatically(original)).toBe(true);
    expect(loadsAutomatically({ ...original, sizeBytes: original.sizeBytes + 1 })).toBe(false);
  });

  it.each(["image/tiff", "image/heic", "image/svg+xml", "text/html", null])(
    "of type %s is never shown inline",
    (contentType) => {
      expect(isDisplayable({ state: "ready", contentType })).toBe(false);
    },
  );

  it("of a kept file is not shown, whatever its type", () => {
    expect(isDisplayable({ state: "kept", contentType: "image/png" })).toBe(false);
  });
});

describe("a type's name", () => {
  it.each([
    ["image/jpeg", "a.png", "JPEG picture"],
    ["model/gltf+json", "a.gltf", "model/gltf+json"],
    ["application/octet-stream", "scan.Las", "LAS file"],
    [null, "README", "File"],
    [null, "a.<b>", "File"],
  ])("%s %s is %s", (contentType, path, words) => {
    expect(typeNameOf({ contentType, path })).toBe(words);
  });
});
