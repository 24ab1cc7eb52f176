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
  /** What was dropped or chosen, where the browser gives such handles: with them nothing has to be picked again. */
  readonly roots: readonly FileSystemHandle[];
};

interface Store extends DBSchema {
  uploads: { key: string; value: RememberedUpload };
}

/** Where what was begun is remembered. A browser that keeps nothing (private windows) is no reason to fail: it forgets. */
export type Memory = {
  remember(upload: RememberedUpload): Promise<void>;
  forget(uploadId: string): Promise<void>;
  /** Of one collection, newest first. */
  of(collectionSlug: string): Promise<readonly RememberedUpload[]>;
};

/** Gone on with before the browser was let to open its files: what was kept of them is not forgotten for that. */
export function merged(upload: RememberedUpload, before: RememberedUpload | undefined): RememberedUpload {
  if (!before) return upload;
  return { ...upload, startedAt: before.startedAt, roots: upload.roots.length > 0 ? upload.roots : before.roots };
}

/** The server has given it up by now. */
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
        // Handles that cannot be kept: the rest can.
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
 * Keeps an upload remembered from when the server knows it until nothing more can be added to it. `addRoots` is told of
 * what was dropped or chosen. Ends by itself with the upload; `stop` ends it sooner, and what is remembered stays.
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

/** The part of https://wicg.github.io/file-system-access/ that asks for leave, where the browser has it. */
type WithPermissions = FileSystemHandle & {
  queryPermission?(options: { mode: "read" }): Promise<PermissionState>;
  requestPermission?(options: { mode: "read" }): Promise<PermissionState>;
};

/**
 * Whether all handles may be read, asking the person where the browser wants that: to be called in a click. False where
 * one may not be, or is no more.
 */
export async function mayRead(roots: readonly FileSystemHandle[]): Promise<boolean> {
  for (const root of roots as readonly WithPermissions[]) {
    const mode = { mode: "read" } as const;
    if ((await root.queryPermission?.(mode)) === "granted") continue;
    if ((await root.requestPermission?.(mode)) !== "granted") return false;
  }
  return roots.length > 0;
}
