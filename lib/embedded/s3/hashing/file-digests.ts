import type { BodyDigests, DigestName, DigestValues } from "./digests";

/** What a thread is told about one file. */
export interface Order {
  readonly fd?: number;
  readonly names?: readonly DigestName[];
  readonly upTo?: number;
  readonly isEnded?: true;
  readonly isAbandoned?: true;
}

/** What it says about it. */
export interface Report {
  readonly at?: number;
  readonly values?: readonly (readonly [DigestName, string])[];
  readonly failure?: Error;
}

/** How far the digests may be behind the writing: what is younger is still in the system's cache. */
const MOST_BEHIND_BYTES = 64 * 1024 * 1024;

/** Digests of a file, taken by another thread while it is being written. */
export class FileDigests implements BodyDigests {
  #writtenBytes = 0;
  #digestedBytes = 0;
  #isOver = false;
  /** Lets a writer that was too far ahead go on. */
  #caughtUp: (() => void) | undefined;
  readonly #values: Promise<DigestValues>;
  #resolve!: (values: DigestValues) => void;
  #reject!: (error: Error) => void;

  constructor(
    private readonly names: ReadonlySet<DigestName>,
    private readonly send: (order: Order) => void,
  ) {
    this.#values = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#values.catch(() => {}); // for `finish` to see, which is not called when the body itself fails
  }

  /**
   * The file now has so many bytes, all under the descriptor.
   * @returns a promise to wait for before writing more, when the digests are far behind
   */
  wrote(fd: number, sizeBytes: number): Promise<void> | undefined {
    this.send({ fd, upTo: sizeBytes, ...(this.#writtenBytes === 0 && { names: [...this.names] }) });
    this.#writtenBytes = sizeBytes;
    if (this.#isOver || sizeBytes - this.#digestedBytes <= MOST_BEHIND_BYTES) return undefined;
    return new Promise((resolve) => {
      this.#caughtUp = resolve;
    });
  }

  finish(): Promise<DigestValues> {
    this.send({ isEnded: true });
    return this.#values;
  }

  async abandon(): Promise<void> {
    if (this.#isOver) return;
    this.send({ isAbandoned: true });
    await this.#values.catch(() => {}); // whatever became of them: the thread is done with the file
  }

  /** What the thread says. @returns whether it was the last word */
  take({ at, values, failure }: Report): boolean {
    this.#digestedBytes = at ?? this.#digestedBytes;
    this.#isOver ||= values !== undefined || failure !== undefined;
    if (this.#isOver || this.#writtenBytes - this.#digestedBytes <= MOST_BEHIND_BYTES / 2) this.#caughtUp?.();
    if (failure) this.#reject(failure);
    else if (values) this.#resolve(new Map(values));
    return this.#isOver;
  }
}
