import { normalizePath } from "@/lib/path/policy";
import type { OnDisk, UploaderEvent } from "../state/events";
import { failure } from "../state/failures";
import type { NewFile, UploadFile } from "../state/file";
import { checkFound, type KnownFile } from "../state/preflight";
import { itemAt, type Vector } from "../state/vector";
import type { FileSource, WalkBatch } from "./walk";

/** Bytes kept longer than this are read again. */
const freshForMs = 10_000;

type Known = { readonly fileId: number; readonly walk: number };

/**
 * The files' handles, and which path belongs to which file. Kept outside of the state, which is plain data that can be
 * copied and compared.
 */
export class Handles {
  readonly #sources = new Map<number, FileSource>();
  readonly #paths = new Map<string, Known>();
  /** The bytes of small files that were read and are about to be sent. */
  readonly #bytes = new Map<number, { readonly bytes: Uint8Array; readonly readAt: number }>();
  #walks = 0;

  startWalk(): number {
    this.#walks += 1;
    return this.#walks;
  }

  /** Checks a batch and keeps its handles; returns the events for the reducer. `files` is its current list. */
  take(walk: number, batch: WalkBatch, files: Vector<UploadFile>): UploaderEvent[] {
    const added: NewFile[] = [];
    const replaced: UploaderEvent[] = [];
    let twice = 0;
    for (const found of batch.files) {
      const known = this.#paths.get(normalizePath(found.path));
      const earlier = known && earlierFile(known, files, added);
      const checked = checkFound(found, earlier ? { file: earlier, sameWalk: known?.walk === walk } : null);
      if (checked.as === "twice") {
        twice += 1;
        continue;
      }
      const { path, sizeBytes, lastModified, contentType, refusal } = checked.file;
      const fileId = checked.as === "replace" ? checked.fileId : files.size + added.length;
      if (checked.as === "send") added.push(checked.file);
      else replaced.push({ type: "fileReplaced", fileId, sizeBytes, lastModified, contentType });
      if (refusal?.code === "duplicate") continue;
      this.#paths.set(path, { fileId, walk });
      this.#bytes.delete(fileId);
      if (!refusal) this.#sources.set(fileId, found.source);
    }
    for (const { path, reason } of batch.unreadable) added.push(unreadable(path, reason));
    return [{ type: "filesAdded", files: added, system: batch.system ?? 0, twice }, ...replaced];
  }

  fileOf(fileId: number): File | undefined {
    return this.#sources.get(fileId)?.file;
  }

  /**
   * Returns the file's size and date on the disk, null if it cannot be read; later posts send these bytes. Without a
   * handle to ask the disk, one byte is read: browsers refuse to read a file whose date changed
   * (https://w3c.github.io/FileAPI/#NotReadableError). `read` false skips that, for bytes that were compared by checksum.
   */
  async recheck(fileId: number, { read = true }: { read?: boolean } = {}): Promise<OnDisk> {
    const source = this.#sources.get(fileId);
    if (!source) return null;
    try {
      const file = source.fresh ? await source.fresh() : source.file;
      if (!source.fresh && read) await file.slice(0, 1).arrayBuffer();
      const same = file.size === source.file.size && file.lastModified === source.file.lastModified;
      if (!same) {
        this.#sources.set(fileId, { ...source, file });
        this.#bytes.delete(fileId);
      }
      return { sizeBytes: file.size, lastModified: file.lastModified };
    } catch {
      // For any reason, the file is reported as unreadable.
      return null;
    }
  }

  /** Reserves a path beside `foundAs` that no file of this upload has ("name (2).jpg"). */
  takeFreePath(fileId: number, foundAs: string): string {
    const name = foundAs.lastIndexOf("/") + 1;
    // A leading dot begins a name, not an extension.
    const dot = foundAs.lastIndexOf(".") > name ? foundAs.lastIndexOf(".") : foundAs.length;
    const walk = this.#paths.get(foundAs)?.walk ?? 0;
    for (let number = 2; ; number += 1) {
      const path = `${foundAs.slice(0, dot)} (${number})${foundAs.slice(dot)}`;
      if (this.#paths.has(path)) continue;
      this.#paths.set(path, { fileId, walk });
      return path;
    }
  }

  /** Keeps the bytes of a file until it is first sent. */
  keepBytes(fileId: number, bytes: Uint8Array): void {
    const now = performance.now();
    // The oldest come first: bytes of files that were paused or failed meanwhile are stale.
    for (const [id, { readAt }] of this.#bytes) {
      if (now - readAt < freshForMs) break;
      this.#bytes.delete(id);
    }
    this.#bytes.delete(fileId);
    if (this.#sources.has(fileId)) this.#bytes.set(fileId, { bytes, readAt: now });
  }

  /** Returns the kept bytes, null if they were read too long ago: the file may have changed since. */
  takeBytes(fileId: number): Uint8Array | null {
    const kept = this.#bytes.get(fileId);
    this.#bytes.delete(fileId);
    return kept && performance.now() - kept.readAt < freshForMs ? kept.bytes : null;
  }

  release(fileId: number): void {
    this.#bytes.delete(fileId);
    this.#sources.delete(fileId);
  }

  clear(): void {
    this.#bytes.clear();
    this.#sources.clear();
    this.#paths.clear();
  }
}

/** The file may be of the same batch and not in the list yet. */
function earlierFile({ fileId }: Known, files: Vector<UploadFile>, added: readonly NewFile[]): KnownFile | null {
  if (fileId < files.size) return itemAt(files, fileId);
  const file = added[fileId - files.size];
  return file ? { ...file, id: fileId, state: file.refusal ? "refused" : "queued" } : null;
}

function unreadable(path: string, reason: string): NewFile {
  const gone = failure("unreadable", reason === "NotFoundError" ? "The file is no longer where it was." : null);
  return { path, sizeBytes: 0, lastModified: 0, contentType: "application/octet-stream", refusal: gone };
}
