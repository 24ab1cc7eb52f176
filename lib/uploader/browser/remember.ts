import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { uploadPolicy } from "@/lib/upload/policy";
import type { UploaderStore } from "../state/state";

/** What this browser keeps of an upload that was begun here and has not ended. */
type RememberedUpload = {
  readonly uploadId: string;
  /** Whose it is: other accounts of this browser do not see it, and it goes when this one signs out. */
  readonly accountId: string;
  readonly collectionSlug: string;
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Handles of what was dropped or chosen, where the browser has them: the files need not be picked again. */
  readonly roots: readonly FileSystemHandle[];
};

interface Store extends DBSchema {
  uploads: { key: string; value: RememberedUpload };
}

/** Uploads begun in this browser. Never fails: a browser that stores nothing (private windows) forgets them. */
export type Memory = {
  /**
   * Stores an upload; returns whether it is stored. `isKnown`: it was stored before, and is not stored again where it was
   * forgotten since, as by a sign-out in another tab.
   */
  remember(upload: RememberedUpload, options?: { isKnown?: boolean }): Promise<boolean>;
  forget(uploadId: string): Promise<void>;
  /** Forgets all uploads of an account: it signs out. */
  forgetAccount(accountId: string): Promise<void>;
  /** Those of an account in one collection, newest first. */
  of(accountId: string, collectionSlug: string): Promise<readonly RememberedUpload[]>;
};

/** Merges with the earlier record: an upload resumed without access to its handles keeps them. */
export function merged(upload: RememberedUpload, before: RememberedUpload | undefined): RememberedUpload {
  if (!before) return upload;
  return { ...upload, startedAt: before.startedAt, roots: upload.roots.length > 0 ? upload.roots : before.roots };
}

/** Whether the server has expired the upload. */
export function isExpired(startedAt: number, now: number): boolean {
  return now - startedAt > uploadPolicy.uploadMaxLifeSeconds * 1_000;
}

export function memoryOf(name = "atoll-uploads"): Memory {
  const open = opener(name);
  return {
    async remember(upload, { isKnown = false } = {}) {
      try {
        const { store } = (await open()).transaction("uploads", "readwrite");
        const before = await store.get(upload.uploadId);
        if (isKnown && !before) return false;
        await store.put(merged(upload, before));
        return true;
      } catch {
        // The handles cannot be stored: keep the rest.
        return upload.roots.length > 0 && this.remember({ ...upload, roots: [] }, { isKnown });
      }
    },
    async forget(uploadId) {
      await open()
        .then((database) => database.delete("uploads", uploadId))
        .catch(() => undefined);
    },
    async forgetAccount(accountId) {
      for (const { uploadId, accountId: whose } of await all(open)) {
        // Records from before there were accounts in them are anyone's.
        if (whose === accountId || whose === undefined) await this.forget(uploadId);
      }
    },
    async of(accountId, collectionSlug) {
      const uploads = await all(open);
      const old = uploads.filter(({ startedAt }) => isExpired(startedAt, Date.now()));
      for (const { uploadId } of old) void this.forget(uploadId);
      const own = uploads.filter((one) => one.accountId === accountId && one.collectionSlug === collectionSlug);
      return own.filter((one) => !old.includes(one)).sort((a, b) => b.startedAt - a.startedAt);
    },
  };
}

type Open = () => Promise<IDBPDatabase<Store>>;

/** Opens the database at the first use, and again after that failed or the browser closed it. */
function opener(name: string): Open {
  let opening: Promise<IDBPDatabase<Store>> | undefined;
  const forgetIt = () => {
    opening = undefined;
  };
  return () => {
    opening ??= openStore(name, forgetIt).catch((error: unknown) => {
      forgetIt();
      throw error;
    });
    return opening;
  };
}

/** Async, as some browsers throw at once where the page may store nothing. */
async function openStore(name: string, onClosed: () => void): Promise<IDBPDatabase<Store>> {
  return openDB<Store>(name, 1, {
    upgrade: (database) => void database.createObjectStore("uploads", { keyPath: "uploadId" }),
    terminated: onClosed,
  });
}

function all(open: Open): Promise<RememberedUpload[]> {
  return open()
    .then((database) => database.getAll("uploads"))
    .catch((): RememberedUpload[] => []);
}

/**
 * Remembers an upload from when it is open on the server until it is sealed or aborted. `addRoots` takes handles of what
 * was dropped or chosen. Ends with the upload; `stop` ends it sooner and keeps what is remembered.
 */
export function rememberWhileOpen(
  uploader: UploaderStore,
  memory: Memory,
  { accountId, collectionSlug }: Pick<RememberedUpload, "accountId" | "collectionSlug">,
): { addRoots(roots: readonly FileSystemHandle[]): void; stop(): void } {
  const roots: FileSystemHandle[] = [];
  const startedAt = Date.now();
  let known: string | null = null;
  let isKnown = false;
  const write = async (uploadId: string) => {
    const { label } = uploader.getSnapshot();
    const upload = { uploadId, accountId, collectionSlug, label: label ?? "", startedAt, roots: [...roots] };
    if (await memory.remember(upload, { isKnown })) isKnown = true;
  };
  const follow = () => {
    const { phase, upload } = uploader.getSnapshot();
    const closed = phase === "verifying" || phase === "done" || phase === "aborted";
    if (upload && closed) {
      stop();
      void memory.forget(upload.id);
    } else if (upload && known === null) {
      known = upload.id;
      void write(upload.id);
    }
  };
  const stop = uploader.subscribe(follow);
  follow();
  return {
    addRoots: (more) => {
      roots.push(...more);
      if (known !== null && more.length > 0) void write(known);
    },
    stop,
  };
}

/** The permissions of https://wicg.github.io/file-system-access/, where the browser has them. */
type WithPermissions = FileSystemHandle & {
  queryPermission?(options: { mode: "read" }): Promise<PermissionState>;
  requestPermission?(options: { mode: "read" }): Promise<PermissionState>;
};

/**
 * Whether all handles may be read; the browser may ask the person. To be called in a click. False if one is refused or
 * gone.
 */
export async function mayRead(roots: readonly FileSystemHandle[]): Promise<boolean> {
  for (const root of roots as readonly WithPermissions[]) {
    const mode = { mode: "read" } as const;
    if ((await root.queryPermission?.(mode)) === "granted") continue;
    if ((await root.requestPermission?.(mode)) !== "granted") return false;
  }
  return roots.length > 0;
}
