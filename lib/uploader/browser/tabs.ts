import { uploadPolicy } from "@/lib/upload/policy";

/** The tabs of this browser that upload. */
export type Tabs = {
  /** Takes a share of the browser's connections until `leave`; `changed` is called with their number. */
  join(changed: (connections: number) => void): { leave(): void };
  /**
   * Becomes the one tab that owns an upload. Calls `changed(false)` if another tab owns it, `changed(true)` once this one
   * does, at once or when the other tab ends. Returns a function that releases it.
   */
  own(uploadId: string, changed: (owned: boolean) => void): () => void;
};

const presence = "atoll-uploading:";
/** Tabs with an older script of the site use the same name: changing it would let two tabs own one upload. */
const ownership = "atoll-drives:";

/** Each uploader's share of six connections, at least one; the first ones by id take the remainder. */
export function shareOf(id: string, ids: readonly string[]): number {
  const all = [...new Set([...ids, id])].sort();
  const place = all.indexOf(id);
  const share = Math.floor(uploadPolicy.parallelPosts / all.length);
  return Math.max(1, share + (place < uploadPolicy.parallelPosts % all.length ? 1 : 0));
}

type Browser = {
  /** Web Locks (https://w3c.github.io/web-locks/); a lock ends with its tab. */
  readonly locks: LockManager | undefined;
  /** Carries a message whenever an uploader starts or ends. */
  readonly channel: () => BroadcastChannel | undefined;
  readonly newId: () => string;
};

/** The tabs of this browser; without Web Locks, this document alone. */
export function tabsOf(browser: Browser = thisBrowser()): Tabs {
  const { locks } = browser;
  if (!locks) return alone(browser.newId);
  return {
    join: (changed) => new Presence(locks, browser.channel(), browser.newId(), changed),
    own: (uploadId, changed) => own(locks, uploadId, changed),
  };
}

function thisBrowser(): Browser {
  const { navigator: browser } = globalThis as { navigator?: { locks?: LockManager } };
  return {
    locks: browser?.locks,
    channel: () => (typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("atoll-uploads")),
    // Not randomUUID: it exists only in secure contexts.
    newId: () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join(""),
  };
}

/** The uploaders of one document share among themselves. */
function alone(newId: () => string): Tabs {
  const here = new Map<string, (connections: number) => void>();
  const notify = () => {
    for (const [id, changed] of here) changed(shareOf(id, [...here.keys()]));
  };
  return {
    join: (changed) => {
      const id = newId();
      here.set(id, changed);
      notify();
      return {
        leave: () => {
          here.delete(id);
          notify();
        },
      };
    },
    own: (_, changed) => {
      changed(true);
      return () => undefined;
    },
  };
}

function own(locks: LockManager, uploadId: string, changed: (owned: boolean) => void): () => void {
  const leaving = new AbortController();
  const left = new Promise<void>((leave) => leaving.signal.addEventListener("abort", () => leave()));
  const name = ownership + uploadId;
  const hold = () => {
    if (!leaving.signal.aborted) changed(true);
    return left;
  };
  void locks.request(name, { ifAvailable: true }, (lock) => {
    if (lock) return hold();
    if (leaving.signal.aborted) return;
    changed(false);
    // Granted when the other tab releases it or is closed.
    void locks.request(name, { signal: leaving.signal }, hold).catch(() => undefined);
    return;
  });
  return () => leaving.abort();
}

/** One uploader among those of all tabs: holds a lock while it uploads, and queries which others hold one. */
class Presence {
  readonly #locks: LockManager;
  readonly #channel: BroadcastChannel | undefined;
  readonly #id: string;
  readonly #changed: (connections: number) => void;
  readonly #leaving = new AbortController();
  readonly #watched = new Set<string>();

  constructor(
    locks: LockManager,
    channel: BroadcastChannel | undefined,
    id: string,
    changed: (connections: number) => void,
  ) {
    this.#locks = locks;
    this.#channel = channel;
    this.#id = id;
    this.#changed = changed;
    const left = new Promise<void>((leave) => this.#leaving.signal.addEventListener("abort", () => leave()));
    channel?.addEventListener("message", () => void this.#refresh());
    void locks.request(presence + id, () => {
      // Left before it was granted: the channel is closed.
      if (this.#leaving.signal.aborted) return;
      this.#notify();
      void this.#refresh();
      return left;
    });
  }

  leave(): void {
    this.#leaving.abort();
    this.#notify();
    this.#channel?.close();
  }

  #notify(): void {
    this.#channel?.postMessage("changed");
  }

  async #refresh(): Promise<void> {
    const { held = [] } = await this.#locks.query();
    if (this.#leaving.signal.aborted) return;
    const names = held.flatMap(({ name }) => (name?.startsWith(presence) ? [name.slice(presence.length)] : []));
    for (const other of names) this.#watch(other);
    this.#changed(shareOf(this.#id, names));
  }

  /** The lock of another uploader is granted here when that one ends, even by a crash. */
  #watch(other: string): void {
    if (other === this.#id || this.#watched.has(other)) return;
    this.#watched.add(other);
    const { signal } = this.#leaving;
    const gone = () => {
      this.#watched.delete(other);
    };
    void this.#locks
      .request(presence + other, { signal, mode: "shared" }, gone)
      .then(() => this.#refresh())
      .catch(() => undefined);
  }
}
