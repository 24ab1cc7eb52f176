import { connect, type Socket } from "node:net";

export type Answer = { status: number; bytes: number; body: Buffer | undefined };

/** A request: the complete head, and the body in chunks. */
export type Request = { head: Buffer; body?: Iterable<Buffer> };

const headEnd = Buffer.from("\r\n\r\n");

/**
 * A keep-alive connection with a minimal HTTP/1.1 client, because Node's client would dominate the measurement. One request
 * at a time; responses need a Content-Length or chunked encoding.
 */
export class Connection {
  #socket: Socket;
  #reader: ((chunk: Buffer) => void) | undefined;
  #fail: (error: Error) => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#reader?.(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the store closed the connection")));
  }

  static open(origin: URL): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: origin.hostname, port: Number(origin.port) });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Connection(socket));
      });
    });
  }

  close(): void {
    this.#fail = () => {};
    this.#socket.destroy();
  }

  /** Rejects when the connection ends before the response does. `keep` returns the body instead of counting its bytes. */
  async send(request: Request, { keep = false } = {}): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#fail = reject;
      this.#reader = answerReader(keep, resolve, reject);
    });
    answer.catch(() => {}); // awaited below; the body may still be under way when it fails
    this.#socket.write(request.head);
    for (const chunk of request.body ?? []) {
      if (!this.#socket.write(chunk)) await new Promise((drained) => this.#socket.once("drain", drained));
    }
    return answer;
  }
}

/** Collects the head, then the body by its length or chunk by chunk. */
function answerReader(keep: boolean, resolve: (answer: Answer) => void, reject: (error: Error) => void) {
  let pending: Buffer = Buffer.alloc(0);
  let status = 0;
  let left = -1;
  let isChunked = false;
  let bytes = 0;
  const kept: Buffer[] = [];
  const done = () => resolve({ status, bytes, body: keep ? Buffer.concat(kept) : undefined });
  const take = (chunk: Buffer) => {
    bytes += chunk.length;
    if (keep) kept.push(Buffer.from(chunk));
  };
  const counted = (chunk: Buffer) => {
    take(chunk);
    left -= chunk.length;
    if (left === 0) done();
  };
  const chunks = (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      const lineEnd = pending.indexOf("\r\n");
      if (lineEnd < 0) return;
      const size = Number.parseInt(pending.toString("latin1", 0, lineEnd), 16);
      if (pending.length < lineEnd + 2 + size + 2) return;
      take(pending.subarray(lineEnd + 2, lineEnd + 2 + size));
      pending = pending.subarray(lineEnd + 2 + size + 2);
      if (size === 0) return done();
    }
  };
  return (chunk: Buffer) => {
    if (isChunked) return chunks(chunk);
    if (left >= 0) return counted(chunk);
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const end = pending.indexOf(headEnd);
    if (end < 0) return;
    const head = pending.toString("latin1", 0, end);
    status = Number(head.slice(9, 12));
    if (status === 100) return reject(new Error("the store sent 100 Continue without Expect"));
    const rest = pending.subarray(end + headEnd.length);
    pending = Buffer.alloc(0);
    isChunked = /\r\ntransfer-encoding: chunked/i.test(head);
    if (isChunked) return chunks(rest);
    left = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (rest.length > 0) counted(rest);
    else if (left === 0) done();
  };
}
