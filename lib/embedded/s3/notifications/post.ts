import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

/** How long a receiver may take for its whole answer. */
export const ANSWER_TIMEOUT_MS = 10_000;

/** Sends JSON by HTTP POST over kept connections. Redirects are not followed. */
export class Poster {
  readonly #agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };

  /**
   * Resolves when the receiver answered 2xx.
   * @throws Error when there is no connection, no answer in time, or one that is not 2xx; also when `signal` aborts
   */
  async post(endpoint: string, message: object, signal: AbortSignal): Promise<void> {
    const body = Buffer.from(JSON.stringify(message));
    const status = await this.#send(endpoint, body, signal);
    if (status < 200 || status > 299) throw new Error(`the receiver answered ${status}`);
  }

  /** Ends the connections. */
  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  #send(endpoint: string, body: Buffer, signal: AbortSignal): Promise<number> {
    const isSecure = new URL(endpoint).protocol === "https:";
    const send = isSecure ? httpsRequest : httpRequest;
    const agent = isSecure ? this.#agents.https : this.#agents.http;
    const headers = { "content-type": "application/json", "content-length": body.length, "user-agent": "AtollS3" };
    return new Promise((resolve, reject) => {
      const request = send(endpoint, { method: "POST", agent, headers, signal }, (answer) => {
        answer.resume();
        answer.once("end", () => resolve(answer.statusCode ?? 0));
        answer.once("error", reject);
      });
      const late = setTimeout(
        () => request.destroy(new Error("the receiver did not answer in time")),
        ANSWER_TIMEOUT_MS,
      );
      late.unref();
      request.once("close", () => clearTimeout(late));
      request.once("error", reject);
      request.end(body);
    });
  }
}
