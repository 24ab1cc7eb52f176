import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

/** More than any of the clients sends or copies in one piece of its own accord. */
export const LARGE_BYTES = 20 * 1024 * 1024;

/**
 * Names that clients have to escape, in URLs, XML or signatures, and some that come in another order by UTF-16 than by
 * UTF-8 (the last two), or by path than by folder (`dir-1`, `dir.txt`, `dir/x`): syncs merge two ordered lists.
 */
const names = [
  "plain.txt",
  "CASE",
  "case",
  "a b/c d.txt",
  "a+b & c=d.txt",
  "100% %41.txt",
  "ü/ñ 日本.txt",
  `it's "so".txt`,
  "<&>;~#,@!.txt",
  "star*[x]?.txt",
  "deep/er/and/deeper/file",
  "dir-1",
  "dir.txt",
  "dir/x",
  "～.txt",
  "😀.bin",
];

/** Paths of what `writeTree` makes, in the order of a store. */
export const paths = [...names, "empty", "large.bin"].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

/** Makes small files with those names, an empty one and a large one. */
export async function writeTree(folder: string): Promise<void> {
  for (const path of paths) {
    const bytes = path === "large.bin" ? randomBytes(LARGE_BYTES) : path === "empty" ? "" : `of ${path}`;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

/** The SHA-256 of every file below a folder, by its path. */
export async function readTree(folder: string): Promise<Record<string, string>> {
  return eachFile(folder, async (file) =>
    createHash("sha256")
      .update(await readFile(file))
      .digest("hex"),
  );
}

/** When every file below a folder was last written or replaced, by its path. */
export function changeTimes(folder: string): Promise<Record<string, number>> {
  return eachFile(folder, async (file) => (await stat(file)).ctimeMs);
}

async function eachFile<T>(folder: string, read: (file: string) => Promise<T>): Promise<Record<string, T>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(await Promise.all(files.map(async (file) => [relative(folder, file), await read(file)])));
}
