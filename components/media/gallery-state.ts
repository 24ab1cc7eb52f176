import type { MediaItem, MediaPage } from "@/lib/media/schema";

/** What a gallery holds: the pages loaded so far as one list, and where the next one starts. */
export type GalleryState = MediaPage;

export function appendPage(state: GalleryState, page: MediaPage): GalleryState {
  const known = new Set(state.items.map(({ id }) => id));
  return { items: [...state.items, ...page.items.filter(({ id }) => !known.has(id))], nextCursor: page.nextCursor };
}

/** The first page came anew: it leads, and what was loaded beyond it stays. */
export function renewFirstPage(state: GalleryState, page: MediaPage): GalleryState {
  if (page.nextCursor === null) return page;
  const renewed = new Set(page.items.map(({ id }) => id));
  const rest = state.items.filter(({ id }) => !renewed.has(id));
  // Nothing was loaded beyond the first page: the new one stands alone, so that what was deleted goes.
  if (rest.length === 0 || state.items.length <= page.items.length) return page;
  return { items: [...page.items, ...rest], nextCursor: state.nextCursor };
}

/** Fresh items take the place of the old ones; of those asked for, the ones that did not come back are gone. */
export function putItems(state: GalleryState, asked: readonly string[], fresh: readonly MediaItem[]): GalleryState {
  const byId = new Map(fresh.map((item) => [item.id, item]));
  const gone = new Set(asked.filter((id) => !byId.has(id)));
  const items = state.items.filter(({ id }) => !gone.has(id)).map((item) => byId.get(item.id) ?? item);
  return { ...state, items };
}

/** Those still being processed, at most as many as one request may name. */
export function pendingIds(state: GalleryState, max = 100): string[] {
  return state.items
    .filter((item) => item.state === "pending")
    .slice(0, max)
    .map(({ id }) => id);
}
