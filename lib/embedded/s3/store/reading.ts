import type { FileHandle } from "node:fs/promises";
import type { BlobFiles } from "./blobs";
import type { Database } from "./database";
import type { DataRef } from "./records";

/** Bytes ready to be sent: a buffer when they are small, else an iteration that closes its files when it ends. */
export type Content = Buffer | AsyncIterable<Buffer>;

const READ_BYTES = 256 * 1024;

/** The bytes [start, end] of an object were deleted between finding its record and opening them. */
export class VanishedError extends Error {}

/** Reads objects' bytes, wherever they are. */
export class DataReader {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobFiles,
  ) {}

  /**
   * Opens the bytes from `start` to `end` inclusive, so that a later deletion cannot take them away.
   * @throws VanishedError when they are gone already: find the record again
   */
  async open(data: DataRef, sizeBytes: number, start: number, end: number): Promise<Content> {
    if (data.kind === "inline") {
      const bytes = this.database.inline.get(Buffer.from(data.id));
      if (!bytes) throw new VanishedError();
      return start === 0 && end === sizeBytes - 1 ? bytes : bytes.subarray(start, end + 1);
    }
    const pieces = data.kind === "file" ? [{ data, start, end }] : this.#pieces(data, start, end);
    const unpin = this.blobs.pin(pieces.flatMap((piece) => (piece.data.kind === "file" ? [piece.data.id] : [])));
    try {
      const [first] = pieces;
      const opened = first && first.data.kind === "file" ? await this.blobs.openForReading(first.data.id) : undefined;
      return this.#stream(pieces, opened, unpin);
    } catch (error) {
      unpin();
      throw (error as NodeJS.ErrnoException).code === "ENOENT" ? new VanishedError() : error;
    }
  }

  #pieces(data: DataRef, start: number, end: number): { data: DataRef; start: number; end: number }[] {
    const layout = this.database.layouts.get(Buffer.from(data.id));
    if (!layout) throw new VanishedError();
    const pieces = [];
    let offset = 0;
    for (const part of layout.parts) {
      const [from, to] = [Math.max(start - offset, 0), Math.min(end - offset, part.sizeBytes - 1)];
      if (from <= to) pieces.push({ data: part.data, start: from, end: to });
      offset += part.sizeBytes;
    }
    return pieces;
  }

  async *#stream(
    pieces: readonly { data: DataRef; start: number; end: number }[],
    opened: { handle: FileHandle; close: () => Promise<void> } | undefined,
    unpin: () => void,
  ): AsyncGenerator<Buffer, void, undefined> {
    let current = opened;
    try {
      for (const piece of pieces) {
        if (piece.data.kind === "inline") {
          const bytes = this.database.inline.get(Buffer.from(piece.data.id));
          if (!bytes) throw new VanishedError();
          yield bytes.subarray(piece.start, piece.end + 1);
          continue;
        }
        current ??= await this.blobs.openForReading(piece.data.id);
        yield* readRange(current.handle, piece.start, piece.end);
        await current.close();
        current = undefined;
      }
    } finally {
      await current?.close();
      unpin();
    }
  }
}

/** Reads ahead by one buffer, so that the disk and the socket work at the same time. */
async function* readRange(handle: FileHandle, start: number, end: number): AsyncGenerator<Buffer, void, undefined> {
  const read = (from: number) => {
    const length = Math.min(READ_BYTES, end - from + 1);
    return length <= 0 ? undefined : handle.read(Buffer.allocUnsafe(length), 0, length, from);
  };
  let next = read(start);
  for (let position = start; next; ) {
    const { bytesRead, buffer } = await next;
    if (bytesRead === 0) throw new Error("An object's file is shorter than its record says.");
    position += bytesRead;
    next = read(position);
    next?.catch(() => {}); // awaited in the next round, unless the reader leaves first
    yield bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
  }
}
