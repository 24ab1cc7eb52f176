import { afterEach, describe, expect, it, vi } from "vitest";
import { foundInInput } from "@/components/upload/drop/found-files";
import { keepsSystemFiles, setKeepsSystemFiles } from "@/components/upload/drop/system-files";
import { isSystemFile } from "@/lib/path/policy";
import { withoutSystemFiles } from "@/lib/uploader/browser/system-files";
import type { WalkBatch } from "@/lib/uploader/browser/walk";

/** A folder of two photographs that came by a Synology, a Mac and Android. */
const survey = [
  "survey/IMG_0001.jpg",
  "survey/@eaDir/IMG_0001.jpg/SYNOPHOTO_THUMB_M.jpg",
  "survey/Icon\r",
  "survey/photo.jpg",
  "survey/.thumbnails/1.jpg",
];
const photographs = ["survey/IMG_0001.jpg", "survey/photo.jpg"];

function fileAt(path: string, text = "x"): File {
  const file = new File([text], path.slice(path.lastIndexOf("/") + 1));
  return Object.defineProperty(file, "webkitRelativePath", { value: path });
}

async function all(batches: AsyncIterable<WalkBatch> | undefined) {
  const seen = { paths: [] as string[], sizes: [] as number[], unreadable: [] as string[], system: 0 };
  for await (const { files, unreadable, system = 0 } of batches ?? []) {
    seen.paths.push(...files.map(({ path }) => path));
    seen.sizes.push(...files.map(({ source }) => source.file.size));
    seen.unreadable.push(...unreadable.map(({ path }) => path));
    seen.system += system;
  }
  return seen;
}

describe("files that systems put beside people's files", () => {
  it.each([
    ...[".DS_Store", "a/.ds_store", "Thumbs.db", "THUMBS.DB", "ehthumbs.db", "Desktop.ini", "Icon\r", ".picasa.ini"],
    ...[".nomedia", ".localized", "._photo.jpg", "a/._.DS_Store", "a/@eaDir/x.jpg/y.jpg", ".thumbnails/1.jpg"],
    ...["__MACOSX/a/b.jpg", "a/.git/config", ".GIT/HEAD", ".svn/entries", "disk/.Trashes/501/x.jpg", "a/.git/"],
    ...[
      ".Spotlight-V100/x",
      ".fseventsd/0",
      "#recycle/x.jpg",
      "$Recycle.Bin/S-1/x.jpg",
      "d/System Volume Information/",
    ],
  ])("%j is one", (path) => expect(isSystemFile(path)).toBe(true));

  it.each([
    ...[
      "photo.jpg",
      ".hidden.jpg",
      "thumbs.db.jpg",
      "DS_Store",
      "desktop.ini/a.jpg",
      "._folder/a.jpg",
      "Icon",
      "Icon.jpg",
    ],
    ...[".git", ".gitignore", ".github/x.yml", "@eadir/x.jpg", "thumbnails/1.jpg", "recycle/x", "a.git/config", ""],
  ])("%j is none", (path) => expect(isSystemFile(path)).toBe(false));
});

describe("adding a folder", () => {
  afterEach(() => {
    setKeepsSystemFiles(false);
    vi.unstubAllGlobals();
  });

  it("leaves them out and counts them", async () => {
    const found = await all(foundInInput(survey.map((path) => fileAt(path)))?.batches);
    expect(found).toMatchObject({ paths: photographs, system: 3 });
  });

  it("keeps empty files", async () => {
    const found = await all(foundInInput([fileAt("docs/.nojekyll", ""), fileAt("docs/__init__.py", "")])?.batches);
    expect(found).toMatchObject({ paths: ["docs/.nojekyll", "docs/__init__.py"], sizes: [0, 0], system: 0 });
  });

  it("keeps them where this browser shall, until it is changed", async () => {
    const stored = new Map<string, string>();
    vi.stubGlobal("localStorage", {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => stored.set(key, value),
      removeItem: (key: string) => stored.delete(key),
    });
    setKeepsSystemFiles(true);
    expect(stored.size).toBe(1);
    expect(await all(foundInInput(survey.map((path) => fileAt(path)))?.batches)).toMatchObject({
      paths: survey,
      system: 0,
    });
    setKeepsSystemFiles(false);
    expect(stored.size).toBe(0);
    expect((await all(foundInInput(survey.map((path) => fileAt(path)))?.batches)).paths).toEqual(photographs);
  });

  it("remembers the choice for the page where the browser stores nothing", () => {
    vi.stubGlobal("localStorage", undefined);
    setKeepsSystemFiles(true);
    expect(keepsSystemFiles()).toBe(true);
  });

  it("does not report what of a system cannot be read", async () => {
    async function* disk(): AsyncGenerator<WalkBatch> {
      const unreadable = ["usb/System Volume Information/", "usb/locked.jpg"].map((path) => ({
        path,
        reason: "NotFound",
      }));
      yield { files: [], unreadable };
    }
    expect(await all(withoutSystemFiles(disk()))).toMatchObject({ unreadable: ["usb/locked.jpg"], system: 1 });
  });
});
