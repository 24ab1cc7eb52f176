import { describe, expect, it } from "vitest";
import { type DropEntry, type WalkBatch, walkEntries, walkFiles } from "@/lib/uploader/browser/walk";

/** A folder as in Chromium: at most 100 entries a call, an empty answer at the end. */
function folder(name: string, entries: DropEntry[], failsAfter = Number.POSITIVE_INFINITY): DropEntry {
  return {
    name,
    isFile: false,
    isDirectory: true,
    createReader() {
      let read = 0;
      return {
        readEntries(found, failed) {
          if (read >= failsAfter) {
            queueMicrotask(() => failed(new DOMException("gone", "NotFoundError")));
            return;
          }
          const page = entries.slice(read, read + 100);
          read += page.length;
          queueMicrotask(() => found(page));
        },
      };
    },
  };
}

function leaf(name: string, text = name, error?: DOMException): DropEntry {
  const file = (found: (file: File) => void, failed: (error: unknown) => void) =>
    queueMicrotask(() => (error ? failed(error) : found(new File([text], name))));
  return { name, isFile: true, isDirectory: false, file };
}

async function all(batches: AsyncIterable<WalkBatch>) {
  const seen = { paths: [] as string[], unreadable: [] as WalkBatch["unreadable"][number][], largest: 0 };
  for await (const batch of batches) {
    seen.paths.push(...batch.files.map((file) => file.path));
    seen.unreadable.push(...batch.unreadable);
    seen.largest = Math.max(seen.largest, batch.files.length);
  }
  return seen;
}

describe("a dropped folder", () => {
  it("is read to its end, beyond the first hundred entries, with the paths inside it", async () => {
    const files = Array.from({ length: 1_234 }, (_, index) => leaf(`f${index}`));
    const seen = await all(walkEntries([folder("trip", [folder("deep", files), leaf("top")]), leaf("alone")]));
    expect(seen.paths).toHaveLength(1_236);
    expect(new Set(seen.paths).size).toBe(1_236);
    expect(seen.paths).toEqual(expect.arrayContaining(["alone", "trip/top", "trip/deep/f0", "trip/deep/f1233"]));
    expect(seen.largest).toBeLessThanOrEqual(100);
  });

  it("reports what cannot be read and continues", async () => {
    const locked = leaf("locked", "", new DOMException("no", "NotReadableError"));
    const tree = folder("a", [locked, folder("half", [leaf("x")], 1), leaf("fine")]);
    const seen = await all(walkEntries([tree]));
    expect(seen.paths.sort()).toEqual(["a/fine", "a/half/x"]);
    expect(seen.unreadable).toEqual([
      { path: "a/locked", reason: "NotReadableError" },
      { path: "a/half/", reason: "NotFoundError" },
    ]);
  });

  it("looks at the disk again for a fresh file", async () => {
    let text = "one";
    const changing: DropEntry = { ...leaf("log"), file: (found) => found(new File([text], "log")) };
    for await (const { files } of walkEntries([changing])) {
      text = "longer";
      expect(files[0]?.source.file.size).toBe(3);
      expect((await files[0]?.source.fresh?.())?.size).toBe(6);
    }
  });
});

it("returns chosen files with their folders where the browser has them", async () => {
  const chosen = new File(["x"], "b.jpg");
  Object.defineProperty(chosen, "webkitRelativePath", { value: "a/b.jpg" });
  const seen = await all(walkFiles([chosen, new File(["y"], "c.jpg")]));
  expect(seen.paths).toEqual(["a/b.jpg", "c.jpg"]);
});
