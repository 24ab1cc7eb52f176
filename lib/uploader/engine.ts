import { AppError } from "@/lib/errors";
import { Handles } from "./browser/handles";
import type { Tabs } from "./browser/tabs";
import type { WalkBatch } from "./browser/walk";
import type { Effect, Stamped, TimerName, UploaderEvent } from "./state/events";
import { initialState } from "./state/initial-state";
import { isMoving, takesFiles, type UploaderState } from "./state/state";
import { step } from "./steps/reducer";
import type { Clock, Uploader, UploaderOptions } from "./uploader";
import { Work } from "./work";

const systemClock: Clock = {
  // Monotonic, like timers: corrections of the wall clock do not change it.
  now: () => performance.timeOrigin + performance.now(),
  after: (delayMs, fire) => {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Lets other tasks run: by the browser's scheduler where there is one, as timers add 4 ms each time. */
function yieldToPage(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } };
  return scheduler?.yield?.() ?? new Promise((done) => setTimeout(done, 0));
}

/** After a batch that took longer the page may paint before the next one. */
const batchBudgetMs = 12;

/** Creates the uploader of one upload. Files added after its end need a new one. */
export function createUploader(options: UploaderOptions): Uploader {
  const run = new Run(options);
  return {
    getSnapshot: () => run.published,
    subscribe: (changed) => run.subscribe(changed),
    add: (batches) => run.add(batches),
    resume: (uploadId) => run.dispatch({ type: "resumeRequested", uploadId }),
    pause: () => run.dispatch({ type: "paused" }),
    unpause: () => run.dispatch({ type: "unpaused" }),
    pauseFile: (fileId) => run.dispatch({ type: "filePaused", fileId }),
    unpauseFile: (fileId) => run.dispatch({ type: "fileResumed", fileId }),
    cancelFile: (fileId) => run.dispatch({ type: "fileCanceled", fileId }),
    retryFile: (fileId) => run.dispatch({ type: "fileRetried", fileId }),
    retryFailed: () => run.dispatch({ type: "failedRetried" }),
    chooseConflict: (choice) => run.dispatch({ type: "conflictChosen", choice }),
    chooseOthersConflict: (choice) => run.dispatch({ type: "othersConflictChosen", choice }),
    finish: () => run.dispatch({ type: "finished" }),
    cancelAll: () => run.dispatch({ type: "allCanceled" }),
    tryAgain: () => run.dispatch({ type: "triedAgain" }),
    setOnline: (online) => run.dispatch({ type: online ? "wentOnline" : "wentOffline" }),
    dispose: () => run.dispose(),
  };
}

/** Runs the reducer and performs its effects. */
class Run {
  published: UploaderState;
  #state: UploaderState;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #gatherMs: number;
  readonly #pause: () => Promise<void>;
  readonly #tabs: Tabs | undefined;
  readonly #work: Work;
  readonly #handles = new Handles();
  readonly #timers = new Map<TimerName, () => void>();
  readonly #listeners = new Set<() => void>();
  readonly #events: UploaderEvent[] = [];
  #unpublish: (() => void) | null = null;
  #share: { leave(): void } | null = null;
  #stopOwning: (() => void) | null = null;
  #disposed = false;

  constructor(options: UploaderOptions) {
    const { server, transport, partTransport, hasher } = options;
    const { conflict = null, othersConflict, online = true } = options;
    const choices = { conflict, ...(othersConflict && { othersConflict }) };
    this.#state = initialState({ online, ...choices, hashes: hasher !== undefined });
    this.published = this.#state;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#gatherMs = options.gatherMs ?? 100;
    this.#pause = options.pause ?? yieldToPage;
    this.#tabs = options.tabs;
    const beside = { clock: this.#clock, handles: this.#handles, pause: this.#pause };
    const dispatch = (event: UploaderEvent) => this.dispatch(event);
    this.#work = new Work({ server, transport, partTransport, hasher, ...beside, dispatch });
  }

  dispatch(event: UploaderEvent): void {
    this.#events.push(event);
    // An effect or a subscriber may dispatch the next event: it waits for the end of this one.
    if (this.#events.length > 1) return;
    const faults: unknown[] = [];
    // The list grows meanwhile. Not `shift`: it copies the list each time.
    for (let at = 0; at < this.#events.length; at += 1) {
      try {
        if (!this.#disposed) this.#take(this.#events[at] as UploaderEvent);
      } catch (fault) {
        faults.push(fault); // An error in one event must not block all later ones.
      }
    }
    this.#events.length = 0;
    if (faults.length > 0) throw faults[0];
  }

  #take(event: UploaderEvent): void {
    const stamped: Stamped = { ...event, at: this.#clock.now(), random: this.#random() };
    const before = this.#state;
    const { state, effects } = step(before, stamped);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
    this.#takeShare(state);
    // Changes of phase and halts are published at once, others after `gatherMs`.
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
    const walk = this.#handles.startWalk();
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

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "stop":
        this.#work.stop(effect.fileId);
        break;
      case "rename":
        this.#rename(effect.fileId, effect.foundAs);
        break;
      case "releaseFile":
        this.#handles.release(effect.fileId);
        break;
      case "yieldToPage":
        void this.#pause().then(() => this.dispatch({ type: "yielded" }));
        break;
      case "own":
        this.#own(effect.uploadId);
        break;
      case "timer":
        this.#setTimer(effect.timer, effect.delayMs);
        break;
      case "noTimer":
        this.#endTimer(effect.timer);
        break;
      case "stopAll":
        this.#stopAll();
        break;
      default:
        void this.#work.begin(effect);
    }
  }

  #rename(fileId: number, foundAs: string): void {
    this.dispatch({ type: "renamed", fileId, path: this.#handles.takeFreePath(fileId, foundAs) });
  }

  #setTimer(timer: TimerName, delayMs: number): void {
    this.#endTimer(timer);
    const fire = () => {
      this.#timers.delete(timer);
      this.dispatch({ type: "timerFired", timer });
    };
    this.#timers.set(timer, this.#clock.after(delayMs, fire));
  }

  #endTimer(timer: TimerName): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }

  #own(uploadId: string): void {
    const changed = (owned: boolean) => this.dispatch({ type: "owning", uploadId, owned });
    this.#stopOwning?.();
    if (this.#tabs) this.#stopOwning = this.#tabs.own(uploadId, changed);
    else changed(true);
  }

  /** Takes a share of the browser's connections while files move, and releases the upload at its end. */
  #takeShare(state: UploaderState): void {
    const moving = isMoving(state) && !this.#disposed;
    if (moving && !this.#share) {
      const changed = (connections: number) => this.dispatch({ type: "shareChanged", connections });
      this.#share = this.#tabs?.join(changed) ?? { leave: () => undefined };
    } else if (!moving && this.#share) {
      this.#share.leave();
      this.#share = null;
    }
    if (state.phase === "done" || state.phase === "aborted") this.#releaseUpload();
  }

  #releaseUpload(): void {
    this.#stopOwning?.();
    this.#stopOwning = null;
  }

  #stopAll(): void {
    for (const stop of this.#timers.values()) stop();
    this.#timers.clear();
    this.#work.stopAll();
    this.#handles.clear();
  }

  dispose(): void {
    this.#disposed = true;
    this.#stopAll();
    this.#share?.leave();
    this.#releaseUpload();
    this.#unpublish?.();
    this.#listeners.clear();
  }
}
