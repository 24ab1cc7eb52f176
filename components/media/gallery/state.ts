import type { MediaItem, MediaPage } from "@/lib/media/schema";

/** The pages loaded so far as one list, and the cursor of the next page. */
export type GalleryState = MediaPage;

export function appendPage(state: GalleryState, page: MediaPage): GalleryState {
  const known = new Set(state.items.map(({ id }) => id));
  return { items: [...state.items, ...page.items.filter(({ id }) => !known.has(id))], nextCursor: page.nextCursor };
}

/** Replaces the first page by a newer version. Items loaded after it stay. */
export function renewFirstPage(state: GalleryState, page: MediaPage): GalleryState {
  if (page.nextCursor === null) return page;
  const renewed = new Set(page.items.map(({ id }) => id));
  const rest = state.items.filter(({ id }) => !renewed.has(id));
  // Only the first page was loaded: using the new one alone drops deleted items.
  if (rest.length === 0 || state.items.length <= page.items.length) return page;
  return { items: [...page.items, ...rest], nextCursor: state.nextCursor };
}

/** Replaces items by newer versions. Removes the `requested` items that are not among them: they no longer exist. */
export function putItems(state: GalleryState, requested: readonly string[], fresh: readonly MediaItem[]): GalleryState {
  const byId = new Map(fresh.map((item) => [item.id, item]));
  const gone = new Set(requested.filter((id) => !byId.has(id)));
  const items = state.items.filter(({ id }) => !gone.has(id)).map((item) => byId.get(item.id) ?? item);
  return { ...state, items };
}

/** Returns the ids of items still being processed, at most as many as one request accepts. */
export function pendingIds(state: GalleryState, max = 100): string[] {
  return state.items
    .filter((item) => item.state === "pending")
    .slice(0, max)
    .map(({ id }) => id);
}
