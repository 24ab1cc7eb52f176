import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** As much of S3's record of an event as the tests look at. */
export interface EventRecord {
  readonly eventName: string;
  readonly eventVersion: string;
  readonly eventTime: string;
  readonly userIdentity: { readonly principalId: string };
  readonly s3: {
    readonly configurationId: string;
    readonly bucket: { readonly name: string };
    readonly object: {
      readonly key: string;
      readonly size?: number;
      readonly eTag?: string;
      readonly versionId?: string;
      readonly sequencer?: string;
    };
  };
}

type Answer = number | "none";

/** What a topic's endpoint leads to. */
export class Receiver {
  /** All that came, also what was refused or left without an answer. */
  readonly tried: EventRecord[] = [];
  /** What was answered with 200. */
  readonly taken: EventRecord[] = [];
  /** Of each message. */
  readonly contentTypes: (string | undefined)[] = [];
  /** How to answer a message. */
  answer: (record: EventRecord) => Answer = () => 200;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const { Records } = JSON.parse(Buffer.concat(parts).toString()) as { Records: EventRecord[] };
        const [record] = Records;
        if (!record || Records.length !== 1) throw new Error(`${Records.length} records in one message`);
        this.contentTypes.push(request.headers["content-type"]);
        this.tried.push(record);
        const answer = this.answer(record);
        if (answer === "none") return;
        if (answer === 200) this.taken.push(record);
        response.writeHead(answer).end("thanks");
      });
    });
  }

  /** @param port 0 takes a free one */
  static async start(port = 0): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((listening) => receiver.#server.listen(port, "127.0.0.1", listening));
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook?token=1`;
  }

  /** Keys of what was taken, in order. */
  get keys(): string[] {
    return this.taken.map(({ s3 }) => s3.object.key);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}
