/** Bounds every wait: long enough for a busy machine. */
export const timeoutMs = 120_000;

/** What the main job needs of a browser. Elements are named by XPath, which all drivers take; `page.ts` writes them. */
export type Driver = {
  goto(url: string): Promise<void>;
  /** Scrolls to the element and clicks it. Throws Error when there is none, or it cannot be clicked. */
  click(xpath: string): Promise<void>;
  type(xpath: string, text: string): Promise<void>;
  /** Chooses files of this machine in an `<input type="file">`, hidden or not. */
  attach(xpath: string, paths: readonly string[]): Promise<void>;
  /** Runs a function in the page; it sees nothing but its arguments. */
  evaluate<Args extends unknown[], Result>(
    run: (...args: Args) => Result | Promise<Result>,
    ...args: Args
  ): Promise<Result>;
  /** Ends the browser and everything started for it. */
  close(): Promise<void>;
};
