import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { answerOf, type Fault, type FaultPlan, Faults, send } from "./fault-proxy/faults";
import { read, type Subject } from "./fault-proxy/subject";
import { Tally } from "./fault-proxy/tally";

export type FaultProxyOptions = {
  /** The store's origin, `http://127.0.0.1:9000`. Not needed where it is a browser's proxy. */
  readonly target?: string;
  readonly plan?: FaultPlan;
  /** Round trip added to every request, preflights included, and to every new connection (its handshake). */
  readonly latencyMs?: number;
  /** A stalled request is broken after this; never unless told (clients, `release` and `stop` end it). */
  readonly stallMs?: number;
  /** How it waits for the latency; a timer unless given. */
  readonly wait?: (ms: number) => Promise<void>;
};

const timer = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const hopByHop = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "expect"]);
const loopback = new Set(["127.0.0.1", "localhost", "[::1]"]);
const nowhere = "http://nowhere.invalid";

/** Whose bodies are an object's bytes. */
const bearing = new Set<Subject["operation"]>(["post", "put", "part"]);

/**
 * An HTTP proxy between clients and an S3 store that makes trouble by a plan, adds latency, can be away, and counts what
 * reached the store. Bodies stream in both directions; the store's answers, CORS headers too, pass as they are.
 *
 * The Host header is kept: URLs must be signed for the proxy's origin, so the store's public endpoint (S3_PUBLIC_ENDPOINT,
 * `publicEndpoint`) is `endpoint` here, path style. To put the site's own calls through it as well, name it as `endpoint`.
 * Or a browser is told to use it as its HTTP proxy (all of this machine, whose origins it finds in the requests), and
 * nothing else need know of it.
 *
 * Of a network far away it models: the handshake of a new connection, and half a round trip before a request is passed on
 * and before its answer is. Not modelled: slow start, bandwidth, loss.
 */
export class FaultProxy {
  tally = new Tally();
  latencyMs: number;
  readonly #target: URL | null;
  readonly #stallMs: number | undefined;
  readonly #timer: (ms: number) => Promise<void>;
  readonly #agent = new http.Agent({ keepAlive: true });
  readonly #greeted = new WeakSet<Socket>();
  readonly #sockets = new Set<Socket>();
  readonly #stalled = new Set<Socket>();
  #faults: Faults;
  #server: http.Server | undefined;
  #port = 0;

  private constructor({ target, plan, latencyMs = 0, stallMs, wait = timer }: FaultProxyOptions) {
    this.#target = target === undefined ? null : new URL(target);
    this.#faults = new Faults(plan ?? null);
    this.latencyMs = latencyMs;
    this.#stallMs = stallMs;
    this.#timer = wait;
  }

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await proxy.comeBack();
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** From now on; null for none. Which tries were seen is forgotten. */
  follow(plan: FaultPlan | null): void {
    this.#faults = new Faults(plan);
  }

  /** Breaks every stalled request. */
  release(): void {
    for (const socket of this.#stalled) socket.resetAndDestroy();
  }

  /** An outage: connections break, new ones are refused. */
  async goAway(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  /** On the same port. */
  async comeBack(): Promise<void> {
    if (this.#server) return;
    const server = http.createServer({ noDelay: true, requestTimeout: 0, keepAliveTimeout: 60_000 });
    const serve = (req: IncomingMessage, res: ServerResponse) => {
      this.#serve(req, res).catch(() => req.socket.destroy());
    };
    server.on("request", serve);
    // Answered by the proxy itself: whether the store wants the body shows in its answer.
    server.on("checkContinue", (req, res) => {
      res.writeContinue();
      serve(req, res);
    });
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    await this.goAway();
    this.#agent.destroy();
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { socket } = req;
    req.on("error", () => undefined);
    res.on("error", () => undefined);
    const { subject, frameBytes } = await read(req);
    const { tally } = this;
    tally.asked(subject);
    if (socket.destroyed) tally.ended();
    else res.once("close", () => tally.ended());
    const handshakes = this.#greeted.has(socket) ? 0 : 1;
    this.#greeted.add(socket);
    await this.#wait(this.latencyMs * (0.5 + handshakes));
    if (socket.destroyed) return;
    const fault = this.#faults.next(subject);
    if (fault) this.tally.faults[fault.kind] += 1;
    const answer = fault && answerOf(fault, subject);
    if (answer) {
      // A server that answers before it has read everything breaks the connection of many clients: that is `reset`.
      req.resume();
      await ended(req);
      await this.#wait(this.latencyMs / 2);
      send(res, answer, req.headers.origin);
    } else if (fault?.kind === "reset") socket.resetAndDestroy();
    else if (fault?.kind === "stall") this.#stall(socket);
    else this.#forward(req, res, subject, { frameBytes, fault });
  }

  #stall(socket: Socket): void {
    this.#stalled.add(socket);
    const timer = this.#stallMs === undefined ? undefined : setTimeout(() => socket.resetAndDestroy(), this.#stallMs);
    socket.once("close", () => {
      clearTimeout(timer);
      this.#stalled.delete(socket);
    });
  }

  #forward(
    req: IncomingMessage,
    res: ServerResponse,
    subject: Subject,
    { frameBytes, fault }: { frameBytes: number; fault: Fault | null },
  ): void {
    const { method, socket } = req;
    const asked = new URL(req.url ?? "/", this.#target ?? nowhere);
    const { hostname, port } = this.#target ?? asked;
    // Nothing leaves the machine, whatever a page asks for.
    if (!loopback.has(hostname)) {
      socket.destroy();
      return;
    }
    const path = /^http:/i.test(req.url ?? "") ? asked.pathname + asked.search : req.url;
    const headers = Object.fromEntries(Object.entries(req.headers).filter(([name]) => !hopByHop.has(name)));
    const upstream = http.request({ hostname, port, method, path, headers, agent: this.#agent });
    let framed = frameBytes;
    req.on("data", (chunk: Buffer) => {
      const frame = Math.min(framed, chunk.length);
      framed -= frame;
      if (bearing.has(subject.operation)) this.tally.sent(subject, chunk.length - frame);
    });
    let isAnswered = false;
    res.once("close", () => {
      if (!res.writableFinished) upstream.destroy();
    });
    upstream.on("error", () => {
      // The store broke the connection, or is away: so it is for the client. After its answer it may, having read enough.
      if (isAnswered) req.unpipe().resume();
      else socket.resetAndDestroy();
    });
    upstream.on("response", (answer) => {
      isAnswered = true;
      answer.on("error", () => socket.resetAndDestroy());
      if (fault) answer.resume().once("end", () => socket.resetAndDestroy());
      else void this.#answer(res, answer);
    });
    req.pipe(upstream);
  }

  async #answer(res: ServerResponse, answer: IncomingMessage): Promise<void> {
    await this.#wait(this.latencyMs / 2);
    res.writeHead(answer.statusCode ?? 502, passedOn(answer.rawHeaders));
    answer.pipe(res);
  }

  #wait(ms: number): Promise<void> | undefined {
    return ms > 0 ? this.#timer(ms) : undefined;
  }
}

function ended(req: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (req.readableEnded || req.destroyed) resolve();
    else req.once("end", resolve).once("close", resolve);
  });
}

function passedOn(rawHeaders: readonly string[]): string[] {
  const nameAt = (index: number) => rawHeaders[index - (index % 2)]?.toLowerCase() ?? "";
  return rawHeaders.filter((_, index) => !hopByHop.has(nameAt(index)));
}
