import type { FileHandle } from "node:fs/promises";
import type { Database } from "../database/database";
import type { ByteRange, DataRef, ObjectRecord } from "../database/records";
import type { BlobFiles } from "../disk/blobs";

/** The bytes of an answer: a buffer when they are small, else a stream. */
export type Content = Buffer | ContentStream;

/** Bytes of files, which are closed when the iteration ends. */
export interface ContentStream extends AsyncIterable<Buffer> {
  /** Takes back a chunk that is no longer needed, to read into it again: allocating buffers costs more than reading. */
  recycle(chunk: Buffer): void;
}

const READ_BYTES = 512 * 1024;

/** The bytes of a version were deleted after its record was found. */
export class VanishedError extends Error {}

/** Bytes of a file or row. */
interface Piece extends ByteRange {
  readonly data: DataRef;
}

type OpenFile = Awaited<ReturnType<BlobFiles["openForReading"]>>;

/** Reads objects' bytes from the database or from files. */
export class DataReader {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobFiles,
  ) {}

  /**
   * Opens the bytes of a version, or a range of them, so that a later deletion cannot take them away.
   * @throws VanishedError when they are gone already: find the record again
   */
  async open({ data, sizeBytes }: ObjectRecord, range?: ByteRange): Promise<Content> {
    const { start, end } = range ?? { start: 0, end: sizeBytes - 1 };
    if (!data || end < start) return Buffer.alloc(0);
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

  #pieces(data: DataRef, start: number, end: number): Piece[] {
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

  #stream(pieces: readonly Piece[], opened: OpenFile | undefined, unpin: () => void): ContentStream {
    const spare = new SpareBuffers();
    const iterate = () => this.#iterate(pieces, opened, unpin, spare);
    return { [Symbol.asyncIterator]: iterate, recycle: (chunk) => spare.take(chunk) };
  }

  async *#iterate(
    pieces: readonly Piece[],
    opened: OpenFile | undefined,
    unpin: () => void,
    spare: SpareBuffers,
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
        yield* readRange(current.handle, piece, spare);
        await current.close();
        current = undefined;
      }
    } finally {
      await current?.close();
      unpin();
    }
  }
}

/** Buffers to read into: recycled ones of full size, else new ones. */
class SpareBuffers {
  readonly #spare: Buffer[] = [];

  get(length: number): Buffer {
    return this.#spare.pop()?.subarray(0, length) ?? Buffer.allocUnsafeSlow(length);
  }

  take(buffer: Buffer): void {
    if (buffer.length === READ_BYTES) this.#spare.push(buffer);
  }
}

/** Reads ahead by one buffer, so that the disk and the socket work at the same time. */
async function* readRange(
  handle: FileHandle,
  { start, end }: Piece,
  spare: SpareBuffers,
): AsyncGenerator<Buffer, void, undefined> {
  const read = (from: number) => {
    const length = Math.min(READ_BYTES, end - from + 1);
    return length <= 0 ? undefined : handle.read(spare.get(length), 0, length, from);
  };
  let next = read(start);
  for (let position = start; next; ) {
    const { bytesRead, buffer } = await next;
    if (bytesRead === 0) throw new Error("An object's file is shorter than its record says.");
    position += bytesRead;
    next = read(position);
    next?.catch(() => {}); // awaited in the next iteration, unless the reader stops first
    yield bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
  }
}
