import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Handles a call: JSON in, JSON out. */
export type Call = (body: unknown) => Promise<unknown> | unknown;
export type Calls = Readonly<Record<string, Call>>;

/** Scripts by path (`/page.js`): those of the page and of its workers. */
export type Scripts = Readonly<Record<"page" | "worker", ReadonlyMap<string, string>>>;

/** The benchmark's site: serves the page and its scripts and handles all contestants' calls. */
export class BenchSite {
  readonly #scripts: Scripts;
  readonly #calls: Calls;
  readonly #server: http.Server;

  private constructor(scripts: Scripts, calls: Calls) {
    this.#scripts = scripts;
    this.#calls = calls;
    this.#server = http.createServer({ keepAliveTimeout: 60_000, noDelay: true }, (req, res) => {
      this.#answer(req, res).catch((error: Error) => reply(res, 500, { detail: error.message }));
    });
  }

  static async start(scripts: Scripts, calls: Calls): Promise<BenchSite> {
    const site = new BenchSite(scripts, calls);
    await new Promise<void>((listening) => site.#server.listen(0, "127.0.0.1", listening));
    return site;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = req.url ?? "/";
    const script = this.#scripts.page.get(path) ?? this.#scripts.worker.get(path);
    if (script !== undefined) return send(res, 200, "text/javascript", script);
    if (path === "/") return send(res, 200, "text/html", pageOf(this.#scripts));
    const call = this.#calls[path];
    if (!call) return reply(res, 404, { detail: `${path} does not exist` });
    const text = await textOf(req);
    return reply(res, 200, await call(text === "" ? null : JSON.parse(text)));
  }
}

async function textOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function pageOf({ page }: Scripts): string {
  const tags = [...page.keys()].map((path) => `<script src="${path}"></script>`).join("");
  return `<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,"><input id="files" type="file" multiple>${tags}`;
}

function reply(res: ServerResponse, status: number, answer: unknown): void {
  send(res, status, "application/json", JSON.stringify(answer ?? null));
}

function send(res: ServerResponse, status: number, type: string, text: string): void {
  res.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  res.end(text);
}
