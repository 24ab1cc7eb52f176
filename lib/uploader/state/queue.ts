/**
 * An immutable first-in, first-out queue: pushing and shifting take amortized constant time, unlike slices of arrays.
 * Taken items stay in `front` until all of it is taken.
 */
export type Queue<T> = {
  readonly size: number;
  readonly front: readonly T[];
  readonly taken: number;
  readonly back: Link<T> | null;
};

type Link<T> = { readonly item: T; readonly before: Link<T> | null };

export const emptyQueue: Queue<never> = { size: 0, front: [], taken: 0, back: null };

/** The queue with an item at its end. */
export function withPushed<T>(queue: Queue<T>, item: T): Queue<T> {
  return { ...queue, size: queue.size + 1, back: { item, before: queue.back } };
}

/** The first item and the queue without it; null where it is empty. */
export function shifted<T>(queue: Queue<T>): { readonly item: T; readonly rest: Queue<T> } | null {
  if (queue.size === 0) return null;
  const ready = queue.taken < queue.front.length ? queue : withFront(queue);
  const item = ready.front[ready.taken] as T;
  return { item, rest: { ...ready, size: queue.size - 1, taken: ready.taken + 1 } };
}

/** The queue with all items in `front`. */
function withFront<T>({ size, back }: Queue<T>): Queue<T> {
  const front: T[] = [];
  for (let link = back; link; link = link.before) front.push(link.item);
  return { size, front: front.reverse(), taken: 0, back: null };
}
