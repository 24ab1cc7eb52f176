import { labelOf } from "@/lib/upload/policy";
import { type DropEntry, takeDropped, type WalkBatch, walkEntries, walkFiles } from "@/lib/uploader/browser/walk";
import { takeHandles } from "@/lib/uploader/browser/walk-handles";
import { asChosen } from "./system-files";

/** Files for a collection. */
export type Found = {
  readonly batches: AsyncIterable<WalkBatch>;
  /** The one folder all of them are in, as the label of an upload; null where there is none. */
  readonly folder: string | null;
  /** Handles by which the browser can open them again later, where it has them. */
  readonly handles: Promise<readonly FileSystemHandle[]>;
};

const noHandles: Promise<readonly FileSystemHandle[]> = Promise.resolve([]);

async function* both(first: AsyncIterable<WalkBatch>, second: AsyncIterable<WalkBatch>) {
  yield* first;
  yield* second;
}

/** Returns the dropped files, null for none. Must be called in the drop event itself: they are gone afterwards. */
export function foundInDrop(transfer: DataTransfer): Found | null {
  const { entries, files } = takeDropped(transfer);
  if (entries.length + files.length === 0) return null;
  const batches = asChosen(both(walkEntries(entries), walkFiles(files)));
  return { batches, folder: folderOfEntries(entries, files.length), handles: takeHandles(transfer) };
}

function folderOfEntries(entries: readonly DropEntry[], files: number): string | null {
  const [only] = entries;
  return only && entries.length === 1 && files === 0 && only.isDirectory ? labelOf(only.name) : null;
}

/** Returns the files chosen with an input. */
export function foundInInput(files: readonly File[]): Found | null {
  const [first] = files;
  if (!first) return null;
  // An input takes one folder, whose name is in the first path.
  const [folder] = (first.webkitRelativePath || "").split("/");
  return { batches: asChosen(walkFiles(files)), folder: labelOf(folder ?? ""), handles: noHandles };
}

/** Returns the pasted files, null for none. `at` names pictures that have no name. */
export function foundInPaste(transfer: DataTransfer, at: Date): Found | null {
  // Folders copied in a file manager come as in a drop.
  const { entries, files } = takeDropped(transfer);
  if (entries.some(({ isDirectory }) => isDirectory)) return foundInDrop(transfer);
  const pasted = files.length > 0 ? files : Array.from(transfer.files);
  return foundInInput(pasted.map((file) => withName(file, at)));
}

/** Renames a picture from the clipboard, which is always called image.png: a second one would have the same path. */
function withName(file: File, at: Date): File {
  if (!/^image\.\w+$/.test(file.name)) return file;
  const pad = (part: number) => String(part).padStart(2, "0");
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  const time = `${pad(at.getHours())}.${pad(at.getMinutes())}.${pad(at.getSeconds())}`;
  const extension = file.name.slice(file.name.lastIndexOf("."));
  return new File([file], `Pasted ${day} ${time}${extension}`, { type: file.type, lastModified: file.lastModified });
}
