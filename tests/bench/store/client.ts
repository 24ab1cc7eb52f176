import { createHash, createHmac } from "node:crypto";
import { presign, type SigningIdentity } from "@/lib/storage/sign";
import { type Answer, Connection } from "./connection";

const validSeconds = 3600;
/** A chunk of a size that suits socket buffers, sent repeatedly, so that creating the bytes costs nothing. */
const chunkBytes = 256 * 1024;

/** A minimal S3 client: presigned requests over its own connections, so that the store dominates the measurement. */
export class LeanClient {
  readonly #origin: URL;
  readonly #signedAt = new Date();
  readonly #connections: Connection[] = [];

  constructor(readonly identity: SigningIdentity) {
    this.#origin = new URL(identity.endpoint ?? "");
  }

  close(): void {
    for (const connection of this.#connections.splice(0)) connection.close();
  }

  async #lanes(count: number): Promise<Connection[]> {
    while (this.#connections.length < count) this.#connections.push(await Connection.open(this.#origin));
    return this.#connections.slice(0, count);
  }

  #head(method: "GET" | "PUT", key: string, length?: number): Buffer {
    const { signedAt, identity } = { signedAt: this.#signedAt, identity: this.identity };
    const url = new URL(presign(identity, { method, key, signedAt, expiresInSeconds: validSeconds }));
    return this.#line(method, url, length);
  }

  #line(method: string, url: URL, length?: number): Buffer {
    const size = length === undefined ? "" : `content-length: ${length}\r\n`;
    return Buffer.from(`${method} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n${size}\r\n`);
  }

  /** Runs `count` requests over `lanes` connections. Returns requests per second. Rejects for any status but 200. */
  async #rate(
    count: number,
    lanes: number,
    one: (lane: Connection, index: number) => Promise<Answer>,
  ): Promise<number> {
    const connections = await this.#lanes(lanes);
    let next = 0;
    const startedAt = performance.now();
    await Promise.all(
      connections.map(async (lane) => {
        while (next < count) expectOk(await one(lane, next++));
      }),
    );
    return (count / (performance.now() - startedAt)) * 1000;
  }

  /** Puts a small body at `prefix0`, `prefix1` … Returns requests per second. */
  putSmall(prefix: string, body: Buffer, count: number, lanes: number): Promise<number> {
    return this.#rate(count, lanes, (lane, index) =>
      lane.send({ head: Buffer.concat([this.#head("PUT", `${prefix}${index}`, body.length), body]) }),
    );
  }

  /** Gets the objects of `putSmall`. Returns requests per second. Rejects when a body has another size. */
  getSmall(prefix: string, sizeBytes: number, count: number, lanes: number): Promise<number> {
    return this.#rate(count, lanes, async (lane, index) => {
      const answer = await lane.send({ head: this.#head("GET", `${prefix}${index}`) });
      if (answer.bytes !== sizeBytes) throw new Error(`expected ${sizeBytes} bytes, got ${answer.bytes}`);
      return answer;
    });
  }

  /** Uploads one object of `sizeBytes`. Returns bytes per second. */
  async putLarge(key: string, sizeBytes: number): Promise<number> {
    const [lane] = await this.#lanes(1);
    const chunk = Buffer.alloc(chunkBytes, "atoll");
    const startedAt = performance.now();
    const body = Array.from({ length: sizeBytes / chunkBytes }, () => chunk);
    expectOk(await need(lane).send({ head: this.#head("PUT", key, sizeBytes), body }));
    return (sizeBytes / (performance.now() - startedAt)) * 1000;
  }

  /** Downloads that object. Returns bytes per second. */
  async getLarge(key: string, sizeBytes: number): Promise<number> {
    const [lane] = await this.#lanes(1);
    const startedAt = performance.now();
    const answer = await need(lane).send({ head: this.#head("GET", key) });
    expectOk(answer);
    if (answer.bytes !== sizeBytes) throw new Error(`expected ${sizeBytes} bytes, got ${answer.bytes}`);
    return (sizeBytes / (performance.now() - startedAt)) * 1000;
  }

  /** Lists the whole bucket. Returns the number of keys and keys per second. */
  async list(): Promise<{ keys: number; perSecond: number }> {
    const [lane] = await this.#lanes(1);
    const startedAt = performance.now();
    let keys = 0;
    for (let token = ""; ; ) {
      const head = this.#line("GET", signedQuery(this.identity, listQuery(token)));
      const answer = await need(lane).send({ head }, { keep: true });
      expectOk(answer);
      const text = answer.body?.toString() ?? "";
      keys += text.split("<Key>").length - 1;
      token = /<NextContinuationToken>([^<]*)/.exec(text)?.[1] ?? "";
      if (token === "") return { keys, perSecond: (keys / (performance.now() - startedAt)) * 1000 };
    }
  }

  /** Creates the bucket. */
  async createBucket(): Promise<void> {
    const [lane] = await this.#lanes(1);
    expectOk(await need(lane).send({ head: this.#line("PUT", signedQuery(this.identity, {}, "PUT"), 0) }));
  }
}

function need(lane: Connection | undefined): Connection {
  if (!lane) throw new Error("no connection");
  return lane;
}

function expectOk({ status }: Answer): void {
  if (status !== 200) throw new Error(`the store responded with status ${status}`);
}

function listQuery(token: string): Record<string, string> {
  return { "list-type": "2", ...(token !== "" && { "continuation-token": token }) };
}

/** Returns a presigned URL for the bucket itself, which lib/storage never needs. */
function signedQuery(identity: SigningIdentity, query: Record<string, string>, method = "GET"): URL {
  const { accessKeyId, secretAccessKey, region, bucket, endpoint } = identity;
  const { host } = new URL(endpoint ?? "");
  const date = `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
  const scope = [date.slice(0, 8), region, "s3", "aws4_request"];
  const parameters = new URLSearchParams({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
    "X-Amz-Credential": `${accessKeyId}/${scope.join("/")}`,
    "X-Amz-Date": date,
    "X-Amz-Expires": "600",
    "X-Amz-SignedHeaders": "host",
    ...query,
  });
  parameters.sort();
  const canonicalQuery = parameters.toString().replaceAll("+", "%20");
  const canonical = `${method}\n/${bucket}\n${canonicalQuery}\nhost:${host}\n\nhost\nUNSIGNED-PAYLOAD`;
  const hashed = createHash("sha256").update(canonical).digest("hex");
  const key = scope.reduce<string | Buffer>((from, step) => hmac(from, step), `AWS4${secretAccessKey}`);
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${date}\n${scope.join("/")}\n${hashed}`).toString("hex");
  return new URL(`${endpoint}/${bucket}?${canonicalQuery}&X-Amz-Signature=${signature}`);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
