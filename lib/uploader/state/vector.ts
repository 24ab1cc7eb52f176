/**
 * An immutable list cut into chunks. Replacing one of 50,000 items copies one chunk and the list of chunks (about 450
 * pointers), not 50,000; chunks that did not change keep their identity, so values derived from them can be cached.
 */
export type Vector<T> = { readonly size: number; readonly chunks: readonly (readonly T[])[] };

const chunkSize = 256;

export const emptyVector: Vector<never> = { size: 0, chunks: [] };

/** Returns the item at `index`; throws RangeError outside 0 … size − 1. */
export function itemAt<T>(vector: Vector<T>, index: number): T {
  const chunk = vector.chunks[Math.floor(index / chunkSize)];
  const offset = index % chunkSize;
  if (!chunk || offset < 0 || offset >= chunk.length) throw new RangeError(`no item ${index} of ${vector.size}`);
  return chunk[offset] as T;
}

/** Returns the vector with the item at `index` replaced; throws RangeError outside 0 … size − 1. */
export function withItem<T>(vector: Vector<T>, index: number, item: T): Vector<T> {
  itemAt(vector, index);
  const at = Math.floor(index / chunkSize);
  const chunks = vector.chunks.slice();
  const chunk = (chunks[at] ?? []).slice();
  chunk[index % chunkSize] = item;
  chunks[at] = chunk;
  return { size: vector.size, chunks };
}

/**
 * Like `withItem`, for many replacements in a row: `mutable` holds the arrays made on the way, which no other vector
 * has. They are changed in place instead of being copied again.
 */
export function withItemInPlace<T>(vector: Vector<T>, index: number, item: T, mutable: WeakSet<object>): Vector<T> {
  itemAt(vector, index);
  const at = Math.floor(index / chunkSize);
  const inPlace = mutable.has(vector.chunks);
  const chunks = (inPlace ? vector.chunks : vector.chunks.slice()) as T[][];
  const before = chunks[at] ?? [];
  const chunk = mutable.has(before) ? before : before.slice();
  mutable.add(chunks).add(chunk);
  chunk[index % chunkSize] = item;
  chunks[at] = chunk;
  return inPlace ? vector : { size: vector.size, chunks };
}

/** Returns the vector with `items` appended. */
export function withAppended<T>(vector: Vector<T>, items: readonly T[]): Vector<T> {
  const chunks = vector.chunks.slice();
  let rest = items;
  const last = chunks.at(-1);
  if (last && last.length < chunkSize) {
    const room = chunkSize - last.length;
    chunks[chunks.length - 1] = last.concat(rest.slice(0, room));
    rest = rest.slice(room);
  }
  for (let start = 0; start < rest.length; start += chunkSize) chunks.push(rest.slice(start, start + chunkSize));
  return { size: vector.size + items.length, chunks };
}

export function* itemsOf<T>(vector: Vector<T>): Generator<T> {
  for (const chunk of vector.chunks) yield* chunk;
}
