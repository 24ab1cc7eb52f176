import type { BodyDigests, DigestName, DigestValues } from "./digests";

/** A message to the thread about one file. */
export interface Order {
  readonly fd?: number;
  readonly names?: readonly DigestName[];
  readonly upTo?: number;
  readonly isEnded?: true;
  readonly isDiscarded?: true;
}

/** A message from the thread about one file. */
export interface Report {
  readonly at?: number;
  readonly values?: readonly (readonly [DigestName, string])[];
  readonly failure?: Error;
}

/** How far the digests may lag behind the writing: bytes this recent are still in the system's cache. */
const MOST_BEHIND_BYTES = 64 * 1024 * 1024;

/** Digests of a file that another thread computes while the file is written. */
export class FileDigests implements BodyDigests {
  #writtenBytes = 0;
  #digestedBytes = 0;
  #isEnded = false;
  /** Resumes a writer that was too far ahead. */
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
    this.#values.catch(() => {}); // reported by `finish`, which is not called when the body itself fails
  }

  /**
   * Reports the size of the file.
   * @returns a promise to await before writing more, when the digests lag far behind
   */
  wrote(fd: number, sizeBytes: number): Promise<void> | undefined {
    this.send({ fd, upTo: sizeBytes, ...(this.#writtenBytes === 0 && { names: [...this.names] }) });
    this.#writtenBytes = sizeBytes;
    if (this.#isEnded || sizeBytes - this.#digestedBytes <= MOST_BEHIND_BYTES) return undefined;
    return new Promise((resolve) => {
      this.#caughtUp = resolve;
    });
  }

  finish(): Promise<DigestValues> {
    this.send({ isEnded: true });
    return this.#values;
  }

  async discard(): Promise<void> {
    if (this.#isEnded) return;
    this.send({ isDiscarded: true });
    await this.#values.catch(() => {}); // resolved or rejected, the thread no longer reads the file
  }

  /** Takes a message of the thread. @returns whether it was the last one */
  take({ at, values, failure }: Report): boolean {
    this.#digestedBytes = at ?? this.#digestedBytes;
    this.#isEnded ||= values !== undefined || failure !== undefined;
    if (this.#isEnded || this.#writtenBytes - this.#digestedBytes <= MOST_BEHIND_BYTES / 2) this.#caughtUp?.();
    if (failure) this.#reject(failure);
    else if (values) this.#resolve(new Map(values));
    return this.#isEnded;
  }
}
