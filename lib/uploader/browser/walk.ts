/** A file on this machine. `fresh` reads it from the disk again, where the browser allows that. */
export type FileSource = { readonly file: File; readonly fresh?: () => Promise<File> };

/** `path` as the browser gives it: with `/` between folders, not normalized, not checked. */
export type FoundFile = { readonly path: string; readonly source: FileSource };

export type WalkBatch = {
  readonly files: readonly FoundFile[];
  /** Number of system files that were left out, where they are. */
  readonly system?: number;
  /** Entries that could not be read: folders end with `/`. */
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
};

/** The part of https://wicg.github.io/entries-api/ that is used. */
export type DropEntry = {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  file?(found: (file: File) => void, failed: (error: unknown) => void): void;
  createReader?(): { readEntries(found: (entries: DropEntry[]) => void, failed: (error: unknown) => void): void };
};

/** As many entries as `readEntries` returns at once. */
export const batchSize = 100;
/** Chromium reads a chosen file's size from the disk synchronously: few at a time keep the page responsive. */
const chosenBatchSize = 20;

/**
 * Returns the dropped entries. Must be called in the drop event itself: they are gone afterwards. Falls back to plain
 * files where there are no entries.
 */
export function takeDropped(transfer: DataTransfer): { entries: DropEntry[]; files: File[] } {
  const entries: DropEntry[] = [];
  const files: File[] = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry() as DropEntry | null;
    const file = entry ? null : item.getAsFile();
    if (entry) entries.push(entry);
    else if (file) files.push(file);
  }
  return { entries, files };
}

/** Walks files chosen with an input, single ones or (`webkitdirectory`) those of a folder with their paths. */
export async function* walkFiles(files: Iterable<File>): AsyncGenerator<WalkBatch> {
  let found: FoundFile[] = [];
  for (const file of files) {
    found.push({ path: file.webkitRelativePath || file.name, source: { file } });
    if (found.length < chosenBatchSize) continue;
    yield { files: found, unreadable: [] };
    found = [];
  }
  if (found.length > 0) yield { files: found, unreadable: [] };
}

/** Walks dropped entries in batches of at most 100, folder by folder. Entries that cannot be read are reported and skipped. */
export async function* walkEntries(entries: readonly DropEntry[]): AsyncGenerator<WalkBatch> {
  const folders: { path: string; entry: DropEntry }[] = [];
  for (let start = 0; start < entries.length; start += batchSize)
    yield await readBatch("", entries.slice(start, start + batchSize), folders);
  for (let folder = folders.shift(); folder; folder = folders.shift()) {
    const inside: typeof folders = [];
    try {
      for await (const page of pagesOf(folder.entry)) yield await readBatch(folder.path, page, inside);
    } catch (error) {
      yield { files: [], unreadable: [{ path: folder.path, reason: nameOf(error) }] };
    }
    folders.unshift(...inside);
  }
}

/** `readEntries` returns at most 100 entries in Chromium: it is called until it returns none. */
async function* pagesOf(folder: DropEntry): AsyncGenerator<DropEntry[]> {
  const reader = folder.createReader?.();
  if (!reader) return;
  for (;;) {
    const page = await new Promise<DropEntry[]>((found, failed) => reader.readEntries(found, failed));
    if (page.length === 0) return;
    yield page;
  }
}

async function readBatch(
  folder: string,
  entries: readonly DropEntry[],
  folders: { path: string; entry: DropEntry }[],
): Promise<WalkBatch> {
  const unreadable: { path: string; reason: string }[] = [];
  const files = await Promise.all(
    entries.map(async (entry): Promise<FoundFile | null> => {
      if (entry.isDirectory) {
        folders.push({ path: `${folder}${entry.name}/`, entry });
        return null;
      }
      const path = folder + entry.name;
      const fresh = () =>
        new Promise<File>((found, failed) => {
          if (entry.file) entry.file(found, failed);
          else failed(new TypeError("neither a file nor a folder"));
        });
      try {
        return { path, source: { file: await fresh(), fresh } };
      } catch (error) {
        unreadable.push({ path, reason: nameOf(error) });
        return null;
      }
    }),
  );
  return { files: files.filter((file) => file !== null), unreadable };
}

export function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : "Error";
}
