import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { signRequest } from "../conformance/signed-request";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface CallOptions {
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
}

/** Signed requests over connections that are kept, without the SDK's retries and its weight. */
export class Caller {
  readonly #agent: Agent;

  constructor(
    readonly endpoint: string,
    maxSockets = 16,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets });
  }

  close(): void {
    this.#agent.destroy();
  }

  url(path: string, query: Record<string, string> = {}): string {
    const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `${this.endpoint}/${path}${search.length > 0 ? `?${search.join("&")}` : ""}`;
  }

  /** Resolves with a whole answer, whatever its status; rejects when the connection ends before. */
  send(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { body } = options;
    const url = this.url(path, options.query);
    const given = {
      ...options.headers,
      ...(body !== undefined && { "content-length": String(Buffer.byteLength(body)) }),
    };
    const { headers } = signRequest({ method, url, headers: given, payloadHash: "UNSIGNED-PAYLOAD" });
    return new Promise((resolve, reject) => {
      const request = httpRequest(url, { method, headers, agent: this.#agent }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts) }),
        );
      });
      request.on("error", reject);
      request.end(body);
    });
  }

  /** As `send`, for answers that must have one of the statuses. @throws Error otherwise, with the answer */
  async expect(statuses: readonly number[], method: string, path: string, options?: CallOptions): Promise<Answer> {
    const answer = await this.send(method, path, options);
    if (!statuses.includes(answer.status)) throw new UnexpectedAnswer(`${method} ${path}`, answer);
    return answer;
  }
}

/** The store answered, and not what it should. */
export class UnexpectedAnswer extends Error {
  constructor(
    request: string,
    readonly answer: Answer,
  ) {
    super(`${request}: ${answer.status} ${answer.body.toString().slice(0, 500)}`);
  }
}
