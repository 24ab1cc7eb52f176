import { expect, it } from "vitest";
import { type Found, foundInDrop, foundInInput, foundInPaste } from "@/components/upload/drop/found-files";

type Item = { kind: "file"; getAsFile: () => File; webkitGetAsEntry: () => unknown };

function transferOf(items: Item[]): DataTransfer {
  return { items, files: items.map((item) => item.getAsFile()), types: ["Files"] } as unknown as DataTransfer;
}

function item(file: File, entry: unknown = null): Item {
  return { kind: "file", getAsFile: () => file, webkitGetAsEntry: () => entry };
}

async function pathsOf(found: Found | null): Promise<string[]> {
  const paths: string[] = [];
  if (found) for await (const { files } of found.batches) paths.push(...files.map(({ path }) => path));
  return paths;
}

const at = new Date(2026, 10, 25, 7, 5, 9);

it("names pictures from the clipboard by time, because all are called image.png", async () => {
  const found = foundInPaste(transferOf([item(new File(["x"], "image.png", { type: "image/png" }))]), at);
  expect(await pathsOf(found)).toEqual(["Pasted 2026-11-25 07.05.09.png"]);
  expect(found?.folder).toBeNull();
});

it("keeps the names of files that were copied", async () => {
  expect(await pathsOf(foundInPaste(transferOf([item(new File(["x"], "reef.jpg"))]), at))).toEqual(["reef.jpg"]);
  expect(foundInPaste(transferOf([]), at)).toBeNull();
});

it("recognizes a single dropped folder, by which an unfinished upload is resumed", () => {
  const folder = (name: string) => item(new File([], name), { name, isFile: false, isDirectory: true });
  const single = item(new File(["x"], "a.jpg"), { name: "a.jpg", isFile: true, isDirectory: false });
  expect(foundInDrop(transferOf([folder("survey")]))?.folder).toBe("survey");
  expect(foundInDrop(transferOf([folder("survey"), folder("other")]))?.folder).toBeNull();
  expect(foundInDrop(transferOf([single]))?.folder).toBeNull();
  expect(foundInDrop(transferOf([]))).toBeNull();
  // As the upload is labeled, whatever the disk's form of its name.
  expect(foundInDrop(transferOf([folder(" Ame\u0301lie\u200e ")]))?.folder).toBe("Am\u00e9lie");
});

it("recognizes the chosen folder", () => {
  const chosen = Object.assign(new File(["x"], "a.jpg"), { webkitRelativePath: "survey/site-1/a.jpg" });
  expect(foundInInput([chosen])?.folder).toBe("survey");
  expect(foundInInput([Object.assign(new File(["x"], "a.jpg"), { webkitRelativePath: "" })])?.folder).toBeNull();
  expect(foundInInput([])).toBeNull();
});
