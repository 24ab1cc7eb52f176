import { batchSize, type FoundFile, nameOf, type WalkBatch } from "./walk";

/** The part of https://fs.spec.whatwg.org/ that is used. */
type Folder = FileSystemDirectoryHandle & { values(): AsyncIterable<FileSystemHandle> };

/**
 * Walks files and folders by handles that outlive the page, in batches of at most 100, folder by folder. Paths begin with
 * the handle's own name, as those of a drop do. Entries that cannot be read are reported and skipped.
 */
export async function* walkHandles(roots: readonly FileSystemHandle[]): AsyncGenerator<WalkBatch> {
  const folders: { path: string; handle: Folder }[] = [];
  yield* batchesOf("", asyncOf(roots), folders);
  for (let folder = folders.shift(); folder; folder = folders.shift()) {
    const inside: typeof folders = [];
    try {
      yield* batchesOf(folder.path, folder.handle.values(), inside);
    } catch (error) {
      yield { files: [], unreadable: [{ path: folder.path, reason: nameOf(error) }] };
    }
    folders.unshift(...inside);
  }
}

async function* asyncOf<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function* batchesOf(
  path: string,
  handles: AsyncIterable<FileSystemHandle>,
  folders: { path: string; handle: Folder }[],
): AsyncGenerator<WalkBatch> {
  let found: FileSystemFileHandle[] = [];
  for await (const handle of handles) {
    if (handle.kind === "directory") folders.push({ path: `${path}${handle.name}/`, handle: handle as Folder });
    else found.push(handle as FileSystemFileHandle);
    if (found.length < batchSize) continue;
    yield await readAll(path, found);
    found = [];
  }
  if (found.length > 0) yield await readAll(path, found);
}

async function readAll(folder: string, handles: readonly FileSystemFileHandle[]): Promise<WalkBatch> {
  const unreadable: { path: string; reason: string }[] = [];
  const files = await Promise.all(
    handles.map(async (handle): Promise<FoundFile | null> => {
      const path = folder + handle.name;
      const fresh = () => handle.getFile();
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

/**
 * Returns the dropped files and folders as handles that can be stored, none where the browser has none. Must be called in
 * the drop event itself.
 */
export function takeHandles(transfer: DataTransfer): Promise<readonly FileSystemHandle[]> {
  type Item = DataTransferItem & { getAsFileSystemHandle?(): Promise<FileSystemHandle | null> };
  const handles = [...(transfer.items as unknown as Iterable<Item>)]
    .filter((item) => item.kind === "file")
    .map((item) => item.getAsFileSystemHandle?.().catch(() => null) ?? Promise.resolve(null));
  return Promise.all(handles).then((handles) => (handles.every((one) => one !== null) ? handles : []));
}
