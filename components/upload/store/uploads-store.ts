import { isDead, isElsewhere, takesFiles } from "@/lib/uploader/state/state";
import type { Uploader } from "@/lib/uploader/uploader";

/** A collection, and the account that uploads to it. */
export type UploadTarget = { readonly slug: string; readonly name: string; readonly uploaderId: string };

export type RunningUpload = {
  readonly id: number;
  readonly collection: UploadTarget;
  readonly uploader: Uploader;
  /** The id of the upload begun earlier that it resumes. */
  readonly resumes: string | null;
  /** Stores handles of added files, for resuming the upload later. */
  readonly remember: (handles: readonly FileSystemHandle[]) => void;
  /** Detaches it from the page, which no longer warns before it is left. */
  readonly detach: () => void;
};

/** An unfinished upload, which is resumed when a folder of this name is dropped again. */
type Offer = { readonly uploadId: string; readonly label: string };

export type UploadsStore = {
  subscribe(changed: () => void): () => void;
  /** Oldest first; the same array until one is added or removed. */
  list(): readonly RunningUpload[];
  /** Ids of those whose panel is on the screen; the same set until that changes. */
  inSight(): ReadonlySet<number>;
  see(id: number, seen: boolean): void;
  /** Adds an upload and removes ended ones of the same collection. */
  begin(upload: Omit<RunningUpload, "id">): RunningUpload;
  /**
   * The newest upload of a collection that takes more files. One that waits for another tab takes only its own folder.
   */
  taking(slug: string, folder?: string | null): RunningUpload | null;
  /** Removes an upload and stops its work in this page. */
  dismiss(id: number): void;
  /** Adds an unfinished upload; returns a function that removes it. */
  offer(slug: string, offer: Offer): () => void;
  offerFor(slug: string, label: string | null): Offer | null;
};

function hasEnded({ uploader }: RunningUpload): boolean {
  const { phase, files, adding } = uploader.getSnapshot();
  return phase === "done" || phase === "aborted" || (phase === "idle" && files.size === 0 && adding === 0);
}

function remove({ uploader, detach }: RunningUpload): void {
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
      for (const one of ended) remove(one);
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
      if (upload) remove(upload);
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
 * All uploads of this page. They outlive the panels: they run on while the person visits other pages of the site. Filled
 * in the browser only.
 */
export const uploads = createUploadsStore();
