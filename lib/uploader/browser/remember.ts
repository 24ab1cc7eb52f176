import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { uploadPolicy } from "@/lib/upload/policy";
import type { UploaderStore } from "../state/state";

/** What this browser keeps of an upload that was begun here and has not ended. */
type RememberedUpload = {
  readonly uploadId: string;
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
  remember(upload: RememberedUpload): Promise<void>;
  forget(uploadId: string): Promise<void>;
  /** Of one collection, newest first. */
  of(collectionSlug: string): Promise<readonly RememberedUpload[]>;
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
  let opening: Promise<IDBPDatabase<Store>> | undefined;
  const open = () => {
    opening ??= openDB<Store>(name, 1, {
      upgrade: (database) => void database.createObjectStore("uploads", { keyPath: "uploadId" }),
    });
    return opening;
  };
  return {
    async remember(upload) {
      try {
        const { store } = (await open()).transaction("uploads", "readwrite");
        await store.put(merged(upload, await store.get(upload.uploadId)));
      } catch {
        // The handles cannot be stored: keep the rest.
        if (upload.roots.length > 0) await this.remember({ ...upload, roots: [] });
      }
    },
    async forget(uploadId) {
      await open()
        .then((database) => database.delete("uploads", uploadId))
        .catch(() => undefined);
    },
    async of(collectionSlug) {
      const all = await open()
        .then((database) => database.getAll("uploads"))
        .catch((): RememberedUpload[] => []);
      const old = all.filter(({ startedAt }) => isExpired(startedAt, Date.now()));
      for (const { uploadId } of old) void this.forget(uploadId);
      const own = all.filter((upload) => upload.collectionSlug === collectionSlug && !old.includes(upload));
      return own.sort((a, b) => b.startedAt - a.startedAt);
    },
  };
}

/**
 * Remembers an upload from when it is open on the server until it is sealed or aborted. `addRoots` takes handles of what
 * was dropped or chosen. Ends with the upload; `stop` ends it sooner and keeps what is remembered.
 */
export function rememberWhileOpen(
  uploader: UploaderStore,
  memory: Memory,
  collectionSlug: string,
): { addRoots(roots: readonly FileSystemHandle[]): void; stop(): void } {
  const roots: FileSystemHandle[] = [];
  const startedAt = Date.now();
  let known: string | null = null;
  const write = (uploadId: string) => {
    const { label } = uploader.getSnapshot();
    void memory.remember({ uploadId, collectionSlug, label: label ?? "", startedAt, roots: [...roots] });
  };
  const follow = () => {
    const { phase, upload } = uploader.getSnapshot();
    const closed = phase === "verifying" || phase === "done" || phase === "aborted";
    if (upload && closed) {
      stop();
      void memory.forget(upload.id);
    } else if (upload && known === null) {
      known = upload.id;
      write(upload.id);
    }
  };
  const stop = uploader.subscribe(follow);
  follow();
  return {
    addRoots: (more) => {
      roots.push(...more);
      if (known !== null && more.length > 0) write(known);
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
