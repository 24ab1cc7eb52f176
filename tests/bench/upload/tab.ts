import type { Browser, CDPSession } from "playwright";

type Message = { id?: number; error?: { message: string }; result?: never };
type Waiting = { readonly done: (result: never) => void; readonly failed: (error: Error) => void };
type Evaluated<Result> = {
  readonly result: { readonly value: Result };
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
};

/**
 * A page with its own profile, driven by DevTools commands. Playwright would listen to its network events, which costs the
 * browser about as much as a small request.
 */
export class Tab {
  readonly #browser: CDPSession;
  readonly #browserContextId: string;
  readonly #sessionId: string;
  readonly #waiting = new Map<number, Waiting>();
  #sent = 0;

  private constructor(browser: CDPSession, browserContextId: string, sessionId: string) {
    this.#browser = browser;
    this.#browserContextId = browserContextId;
    this.#sessionId = sessionId;
    browser.on("Target.receivedMessageFromTarget", (event) => {
      if (event.sessionId === sessionId) this.#take(JSON.parse(event.message) as Message);
    });
  }

  static async open(of: Browser, url: string): Promise<Tab> {
    const browser = await of.newBrowserCDPSession();
    const { browserContextId } = await browser.send("Target.createBrowserContext", { disposeOnDetach: true });
    const { targetId } = await browser.send("Target.createTarget", { url: "about:blank", browserContextId });
    const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: false });
    const tab = new Tab(browser, browserContextId, sessionId);
    await tab.send("Page.navigate", { url });
    await tab.evaluate(
      () =>
        new Promise<void>((loaded) => {
          if (document.readyState === "complete") loaded();
          else addEventListener("load", () => loaded(), { once: true });
        }),
    );
    return tab;
  }

  /** Calls a function in the page with JSON arguments, and returns its result. */
  async evaluate<Result, Args extends unknown[]>(
    call: (...args: Args) => Result,
    ...args: Args
  ): Promise<Awaited<Result>> {
    const expression = `(${call})(...${JSON.stringify(args)})`;
    const options = { awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.send<Evaluated<Awaited<Result>>>("Runtime.evaluate", {
      expression,
      ...options,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Chooses files in a file input. */
  async choose(selector: string, files: readonly string[]): Promise<void> {
    const { root } = await this.send<{ root: { nodeId: number } }>("DOM.getDocument");
    const { nodeId } = await this.send<{ nodeId: number }>("DOM.querySelector", { nodeId: root.nodeId, selector });
    await this.send("DOM.setFileInputFiles", { files, nodeId });
    await this.send("DOM.disable");
  }

  /** Sends a DevTools command to the page. */
  async send<Result>(method: string, params: object = {}): Promise<Result> {
    this.#sent += 1;
    const id = this.#sent;
    const answered = new Promise<Result>((done, failed) => this.#waiting.set(id, { done, failed }));
    const message = JSON.stringify({ id, method, params });
    const sent = this.#browser.send("Target.sendMessageToTarget", { sessionId: this.#sessionId, message });
    const [result] = await Promise.all([answered, sent]);
    return result;
  }

  async close(): Promise<void> {
    await this.#browser.send("Target.disposeBrowserContext", { browserContextId: this.#browserContextId });
    await this.#browser.detach();
  }

  #take({ id, error, result }: Message): void {
    if (id === undefined) return;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.failed(new Error(error.message));
    else waiting?.done(result as never);
  }
}
