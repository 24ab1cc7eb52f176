import { useEffect, useRef, useState } from "react";
import { usePolling } from "@/components/ui/use-polling";
import { type MediaPage, mediaPage } from "@/lib/media/schema";
import { routes } from "@/lib/routes";
import { forgetOpened, recallGallery, rememberGallery } from "./memory";
import { appendPage, type GalleryState, pendingIds, putItems, renewFirstPage } from "./state";
import { tileId } from "./tile";

export type LoadState = "idle" | "loading" | "failed";

/** Loads a collection's gallery: appends pages on demand and polls pictures being processed until they are ready. */
export function useGallery(slug: string, firstPage: MediaPage) {
  const [state, setState] = useState<GalleryState>(() => initialState(slug, firstPage));
  const [load, setLoad] = useState<LoadState>("idle");
  const [seenPage, setSeenPage] = useState(firstPage);
  if (seenPage !== firstPage) {
    setSeenPage(firstPage);
    setState(renewFirstPage(state, firstPage));
  }

  useEffect(() => rememberGallery(slug, state), [slug, state]);
  useFocusOnOpened(slug);

  const pending = pendingIds(state);
  usePolling(pending.length > 0, async () => {
    const { items } = await fetchPage(slug, { ids: pending.join(",") });
    setState((current) => putItems(current, pending, items));
    return items.some((item) => item.state !== "pending");
  });

  const loading = useRef(false);
  async function loadMore() {
    if (loading.current || state.nextCursor === null) return;
    loading.current = true;
    setLoad("loading");
    try {
      setState(await nextState(slug, state.nextCursor));
      setLoad("idle");
    } catch {
      setLoad("failed"); // Shown beside the "Load more" button.
    } finally {
      loading.current = false;
    }
  }
  return { state, load, loadMore };
}

/** Returns the pages loaded before a picture was opened, or the first page on any other navigation. */
function initialState(slug: string, firstPage: MediaPage): GalleryState {
  const kept = recallGallery(slug);
  return kept?.openedId ? renewFirstPage(kept.state, firstPage) : firstPage;
}

function useFocusOnOpened(slug: string) {
  useEffect(() => {
    const opened = recallGallery(slug)?.openedId;
    if (!opened) return;
    forgetOpened();
    const tile = document.getElementById(tileId(opened));
    tile?.focus({ preventScroll: true });
    tile?.scrollIntoView({ block: "nearest" });
  }, [slug]);
}

/**
 * Returns the change that the next page makes. A cursor is no longer valid when the site's secret has changed, or what the viewer
 * may see: the gallery then starts again with what it shows now.
 */
async function nextState(slug: string, cursor: string): Promise<(current: GalleryState) => GalleryState> {
  const response = await askPage(slug, { cursor });
  if (response.status !== 422) {
    const page = await readPage(response);
    return (current) => appendPage(current, page);
  }
  const first = await fetchPage(slug, {});
  return () => first;
}

function askPage(slug: string, query: Record<string, string>): Promise<Response> {
  return fetch(`${routes.api.media(slug)}?${new URLSearchParams(query)}`);
}

async function readPage(response: Response): Promise<MediaPage> {
  if (!response.ok) throw new Error(`The gallery answered ${response.status}`);
  return mediaPage.parse(await response.json());
}

async function fetchPage(slug: string, query: Record<string, string>): Promise<MediaPage> {
  return readPage(await askPage(slug, query));
}
