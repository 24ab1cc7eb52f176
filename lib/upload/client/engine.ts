import { AppError } from "@/lib/errors";
import type { Effect, Stamped, TimerName, UploaderEvent } from "./events";
import { Handles } from "./handles";
import { step } from "./reducer";
import { callFailureOf, type UploadServer } from "./server";
import { initialState, takesFiles, type UploaderState } from "./state";
import type { Transport } from "./transport";
import type { WalkBatch } from "./walk";

/** Time, as far as the engine needs it; tests bring their own. */
export type Clock = {
  /** Milliseconds of a clock that does not jump. */
  now(): number;
  /** Runs `ring` once, `delayMs` later; gives what takes it back. */
  after(delayMs: number, ring: () => void): () => void;
};

export type UploaderOptions = {
  readonly server: UploadServer;
  readonly transport: Transport;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  /** How long changes are gathered before subscribers hear of them, in milliseconds. */
  readonly gatherMs?: number;
  readonly online?: boolean;
  /** Lets the browser paint between two batches of a large drop. */
  readonly pause?: () => Promise<void>;
};

export type Uploader = {
  /** The state as last published; the same object until the next publication. */
  getSnapshot(): UploaderState;
  /** `changed` is called after each publication, at most once in `gatherMs`; gives what ends the subscription. */
  subscribe(changed: () => void): () => void;
  /** Takes in files as they are found; resolves when all are queued. Throws AppError CONFLICT once the upload is being sealed. */
  add(batches: AsyncIterable<WalkBatch>): Promise<void>;
  cancelFile(fileId: number): void;
  retryFile(fileId: number): void;
  retryFailed(): void;
  /** Seals without the files that failed. */
  finish(): void;
  /** Gives the whole upload up, on the server, too. */
  cancelAll(): void;
  /** After a halt. */
  tryAgain(): void;
  setOnline(online: boolean): void;
  /** Stops connections and timers and forgets the files; the upload stays open on the server. */
  dispose(): void;
};

const systemClock: Clock = {
  // Does not follow corrections of the wall clock, and neither do timers.
  now: () => performance.timeOrigin + performance.now(),
  after: (delayMs, ring) => {
    const timer = setTimeout(ring, delayMs);
    return () => clearTimeout(timer);
  },
};

/** The browser's own way to let others run in between, where there is one: timers would add 4 ms each time. */
function yieldToPage(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } };
  return scheduler?.yield?.() ?? new Promise((done) => setTimeout(done, 0));
}

/** A batch that took longer gives the main thread back before the next one. */
const batchBudgetMs = 12;

/** One upload: give it files, watch its snapshots. A new drop after the end is a new uploader. */
export function createUploader(options: UploaderOptions): Uploader {
  const run = new Run(options);
  return {
    getSnapshot: () => run.published,
    subscribe: (changed) => run.subscribe(changed),
    add: (batches) => run.add(batches),
    cancelFile: (fileId) => run.dispatch({ type: "fileCanceled", fileId }),
    retryFile: (fileId) => run.dispatch({ type: "fileRetried", fileId }),
    retryFailed: () => run.dispatch({ type: "failedRetried" }),
    finish: () => run.dispatch({ type: "finished" }),
    cancelAll: () => run.dispatch({ type: "allCanceled" }),
    tryAgain: () => run.dispatch({ type: "triedAgain" }),
    setOnline: (online) => run.dispatch({ type: online ? "wentOnline" : "wentOffline" }),
    dispose: () => run.dispose(),
  };
}

/** Carries out what the reducer says: the only part of the engine that touches the world. */
class Run {
  published: UploaderState;
  #state: UploaderState;
  readonly #server: UploadServer;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #gatherMs: number;
  readonly #pause: () => Promise<void>;
  readonly #handles = new Handles();
  readonly #posts = new Map<number, AbortController>();
  readonly #timers = new Map<TimerName, () => void>();
  readonly #listeners = new Set<() => void>();
  readonly #events: UploaderEvent[] = [];
  #unpublish: (() => void) | null = null;
  #disposed = false;

  constructor(options: UploaderOptions) {
    this.#state = initialState({ online: options.online ?? true });
    this.published = this.#state;
    this.#server = options.server;
    this.#transport = options.transport;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#gatherMs = options.gatherMs ?? 100;
    this.#pause = options.pause ?? yieldToPage;
  }

  dispatch(event: UploaderEvent): void {
    this.#events.push(event);
    // An effect or a subscriber may cause the next event: it waits until this one is through.
    if (this.#events.length > 1) return;
    for (let next = this.#events[0]; next; next = this.#events[0]) {
      if (!this.#disposed) this.#take(next);
      this.#events.shift();
    }
  }

  #take(event: UploaderEvent): void {
    const stamped: Stamped = { ...event, at: this.#clock.now(), random: this.#random() };
    const before = this.#state;
    const { state, effects } = step(before, stamped);
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    // Turning points are shown at once, the rest is gathered.
    if (state.phase !== before.phase || state.halted !== before.halted) this.#publish();
    else this.#unpublish ??= this.#clock.after(this.#gatherMs, () => this.#publish());
  }

  subscribe(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  #publish(): void {
    this.#unpublish?.();
    this.#unpublish = null;
    this.published = this.#state;
    for (const listener of this.#listeners) listener();
  }

  async add(batches: AsyncIterable<WalkBatch>): Promise<void> {
    if (!takesFiles(this.#state))
      throw new AppError("CONFLICT", "This upload is being finished. Start a new one for more files.");
    const walk = this.#handles.beginWalk();
    this.dispatch({ type: "walkStarted" });
    try {
      let since = performance.now();
      for await (const batch of batches) {
        if (this.#disposed || !takesFiles(this.#state)) return;
        for (const event of this.#handles.take(walk, batch, this.#state.files)) this.dispatch(event);
        if (performance.now() - since < batchBudgetMs) continue;
        await this.#pause();
        since = performance.now();
      }
    } finally {
      this.dispatch({ type: "walkEnded" });
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case "post":
        void this.#post(effect);
        break;
      case "stopPost":
        this.#posts.get(effect.fileId)?.abort();
        break;
      case "look":
        void this.#handles.look(effect.fileId).then((look) => this.dispatch({ ...effect, type: "looked", look }));
        break;
      case "letGo":
        this.#handles.letGo(effect.fileId);
        break;
      case "timer":
        this.#timers.get(effect.timer)?.();
        this.#timers.set(
          effect.timer,
          this.#clock.after(effect.delayMs, () => this.#ring(effect.timer)),
        );
        break;
      case "noTimer":
        this.#timers.get(effect.timer)?.();
        this.#timers.delete(effect.timer);
        break;
      case "stopAll":
        this.#stopAll();
        break;
      default:
        void this.#call(effect);
    }
  }

  #ring(timer: TimerName): void {
    this.#timers.delete(timer);
    this.dispatch({ type: "rang", timer });
  }

  async #post(effect: Extract<Effect, { type: "post" }>): Promise<void> {
    const { fileId, run, policy, key, contentType, generation } = effect;
    const file = this.#handles.fileOf(fileId);
    if (!file) {
      this.dispatch({ type: "changed", fileId, run, look: null });
      return;
    }
    const controller = new AbortController();
    this.#posts.set(fileId, controller);
    const onProgress = (sentBytes: number) => this.dispatch({ type: "progressed", fileId, run, sentBytes });
    const { signal } = controller;
    const { failure } = await this.#transport({ policy, key, contentType, file, signal, onProgress });
    if (this.#posts.get(fileId) === controller) this.#posts.delete(fileId);
    if (signal.aborted) return;
    if (!failure) {
      this.dispatch({ type: "posted", fileId, run });
      return;
    }
    // A file that changed on the disk breaks its post like a bad connection does: the file itself tells which it was.
    if (failure.kind === "network") {
      const look = await this.#handles.look(fileId);
      if (look?.sizeBytes !== file.size || look.lastModified !== file.lastModified) {
        this.dispatch({ type: "changed", fileId, run, look });
        return;
      }
    }
    this.dispatch({ type: "postFailed", fileId, run, generation, failure });
  }

  async #call(effect: Extract<Effect, { type: "open" | "renew" | "seal" | "status" | "abort" }>): Promise<void> {
    const askedAt = this.#clock.now();
    try {
      if (effect.type === "open") {
        const upload = await this.#server.open(effect.request);
        this.dispatch({ type: "opened", upload, askedAt });
      } else if (effect.type === "renew") {
        const policy = await this.#server.renewPolicy(effect.uploadId);
        this.dispatch({ type: "renewed", policy, askedAt });
      } else if (effect.type === "status") {
        this.dispatch({ type: "statusRead", status: await this.#server.status(effect.uploadId) });
      } else {
        await this.#server[effect.type](effect.uploadId);
        this.dispatch({ type: effect.type === "seal" ? "sealed" : "aborted" });
      }
    } catch (error) {
      this.dispatch({ type: "callFailed", call: effect.type, failure: callFailureOf(error) });
    }
  }

  #stopAll(): void {
    for (const stop of this.#timers.values()) stop();
    this.#timers.clear();
    for (const post of this.#posts.values()) post.abort();
    this.#posts.clear();
    this.#handles.clear();
  }

  dispose(): void {
    this.#disposed = true;
    this.#stopAll();
    this.#unpublish?.();
    this.#listeners.clear();
  }
}
