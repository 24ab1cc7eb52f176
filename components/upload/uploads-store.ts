import { isDead, isElsewhere, takesFiles } from "@/lib/uploader/state/state";
import type { Uploader } from "@/lib/uploader/uploader";

export type UploadTarget = { readonly slug: string; readonly name: string };

export type RunningUpload = {
  readonly id: number;
  readonly collection: UploadTarget;
  readonly uploader: Uploader;
  /** The upload begun earlier that it goes on with, by the server's id. */
  readonly resumes: string | null;
  /** Takes handles of files added to it, for when it is left half-way. */
  readonly remember: (handles: readonly FileSystemHandle[]) => void;
  /** Unties it from the page: it asks no more before that is left. */
  readonly detach: () => void;
};

/** An upload that was left half-way and that a folder of this name, dropped again, goes on with. */
type Offer = { readonly uploadId: string; readonly label: string };

export type UploadsStore = {
  subscribe(changed: () => void): () => void;
  /** Oldest first; the same array until one comes or goes. */
  list(): readonly RunningUpload[];
  /** Ids of those whose panel is on the screen; the same set until that changes. */
  inSight(): ReadonlySet<number>;
  see(id: number, seen: boolean): void;
  /** Takes up an upload; ended ones of the same collection are put away. */
  begin(upload: Omit<RunningUpload, "id">): RunningUpload;
  /**
   * The newest upload of a collection that more files can be added to. One that waits for another tab takes only the
   * folder it is for, if they are of one.
   */
  taking(slug: string, folder?: string | null): RunningUpload | null;
  /** Puts an upload away: what it still does in this page stops. */
  dismiss(id: number): void;
  /** Gives what takes the offer back. */
  offer(slug: string, offer: Offer): () => void;
  offerFor(slug: string, label: string | null): Offer | null;
};

function hasEnded({ uploader }: RunningUpload): boolean {
  const { phase, files, adding } = uploader.getSnapshot();
  return phase === "done" || phase === "aborted" || (phase === "idle" && files.size === 0 && adding === 0);
}

function putAway({ uploader, detach }: RunningUpload): void {
  detach();
  uploader.dispose();
}

export function createUploadsStore(): UploadsStore {
  let list: readonly RunningUpload[] = [];
  let inSight: ReadonlySet<number> = new Set();
  let nextId = 1;
  const offers = new Set<Offer & { slug: string }>();
  const listeners = new Set<() => void>();
  const change = (next: readonly RunningUpload[]) => {
    list = next;
    for (const listener of listeners) listener();
  };
  return {
    subscribe: (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    list: () => list,
    inSight: () => inSight,
    see: (id, seen) => {
      if (inSight.has(id) === seen) return;
      inSight = new Set(seen ? [...inSight, id] : [...inSight].filter((one) => one !== id));
      change(list);
    },
    begin: (begun) => {
      const upload = { ...begun, id: nextId };
      nextId += 1;
      const ended = list.filter((one) => one.collection.slug === begun.collection.slug && hasEnded(one));
      for (const one of ended) putAway(one);
      change([...list.filter((one) => !ended.includes(one)), upload]);
      return upload;
    },
    taking: (slug, folder = null) =>
      list.findLast(({ collection, uploader }) => {
        const state = uploader.getSnapshot();
        if (collection.slug !== slug || !takesFiles(state) || isDead(state)) return false;
        return !isElsewhere(state) || (folder !== null && folder === state.label);
      }) ?? null,
    dismiss: (id) => {
      const upload = list.find((one) => one.id === id);
      if (upload) putAway(upload);
      change(list.filter((one) => one.id !== id));
    },
    offer: (slug, { uploadId, label }) => {
      const offered = { slug, uploadId, label };
      offers.add(offered);
      return () => void offers.delete(offered);
    },
    offerFor: (slug, label) => [...offers].find((one) => one.slug === slug && one.label === label) ?? null,
  };
}

/**
 * All uploads of this page. They outlive the panels: whoever goes elsewhere within the site and comes back finds them
 * running. Filled in the browser alone, as files come only there.
 */
export const uploads = createUploadsStore();
