import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Page } from "@playwright/test";
import { picture } from "@/tests/support/pictures";

const chunkBytes = 1024 * 1024;

type Folder = { dir: string; remove(): Promise<void> };

const contentOf = (index: number) => `the bytes of ${index}`;

/** Returns the size in bytes of one of `folderOfFiles`, by its path. */
export function sizeOf(filePath: string): number {
  return contentOf(Number(/IMG_(\d+)\.jpg$/.exec(filePath)?.[1])).length;
}

/** Makes a folder `name` in a temporary one; `remove` removes both. */
export async function newFolder(name: string): Promise<Folder> {
  const base = await mkdtemp(path.join(os.tmpdir(), "atoll-e2e-"));
  const dir = path.join(base, name);
  await mkdir(dir);
  return { dir, remove: () => rm(base, { recursive: true, force: true }) };
}

/** Makes a folder of `count` small files, in subfolders of a hundred. */
export async function folderOfFiles(count: number, name = "survey"): Promise<Folder> {
  const folder = await newFolder(name);
  for (let start = 0; start < count; start += 100) {
    const inside = path.join(folder.dir, `site-${start / 100}`);
    await mkdir(inside);
    const indexes = Array.from({ length: Math.min(100, count - start) }, (_, index) => start + index);
    await Promise.all(indexes.map((index) => writeFile(path.join(inside, `IMG_${index}.jpg`), contentOf(index))));
  }
  return folder;
}

/** Makes a folder of two photographs and an empty file, with three files that systems put there. */
export async function folderWithSystemFiles(): Promise<Folder> {
  const folder = await newFolder("survey");
  const photographs = [1, 2].map((seed) => picture({ width: 200, height: 150, seed }));
  const [first = "", second = ""] = await Promise.all(photographs);
  const files = {
    "IMG_0001.jpg": first,
    "photo.jpg": second,
    "empty.txt": "",
    "@eaDir/IMG_0001.jpg/SYNOPHOTO_THUMB_M.jpg": "a thumbnail",
    ".thumbnails/1.jpg": "another",
    "Icon\r": "",
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder.dir, name)), { recursive: true });
    await writeFile(path.join(folder.dir, name), content);
  }
  return folder;
}

/** Makes a folder with one file of `sizeBytes` random bytes; `sha256` is in hexadecimal. */
export async function folderOfLargeFile(name: string, sizeBytes: number): Promise<Folder & { sha256: string }> {
  const folder = await newFolder("dive");
  const hash = createHash("sha256");
  async function* content() {
    for (let left = sizeBytes; left > 0; left -= chunkBytes) {
      const chunk = randomBytes(Math.min(left, chunkBytes));
      hash.update(chunk);
      yield chunk;
    }
  }
  await writeFile(path.join(folder.dir, name), content());
  return { ...folder, sha256: hash.digest("hex") };
}

/** Waits until the page's scripts take drops and pastes: what comes before is lost. */
export async function waitForDropTarget(page: Page): Promise<void> {
  await page.waitForFunction(
    () => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([], "probe"));
      const over = new DragEvent("dragover", { dataTransfer, bubbles: true, cancelable: true });
      return !document.documentElement.dispatchEvent(over);
    },
    undefined,
    { timeout: 30_000, polling: 50 },
  );
}

/** Drops files or folders of the disk as a file manager does: the page gets entries, which a script cannot make. */
export async function dropOnPage(page: Page, paths: readonly string[]): Promise<void> {
  await waitForDropTarget(page);
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await session.send("Input.dispatchDragEvent", { type, x: 200, y: 200, data });
  await session.detach();
}
