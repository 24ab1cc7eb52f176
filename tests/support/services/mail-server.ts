import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { SMTPServer } from "smtp-server";

export type ReceivedMail = { from: string; to: string; subject: string; body: string };

/** A mail server that keeps what it takes. */
export class MailServer {
  readonly received: ReceivedMail[] = [];
  /** Answers RCPT TO with this code instead of taking the mail. */
  refusesWith: number | null = null;
  readonly #server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    logger: false,
    onRcptTo: (_address, _session, callback) => {
      if (this.refusesWith === null) return callback();
      callback(Object.assign(new Error("not now"), { responseCode: this.refusesWith }));
    },
    onData: (stream, { envelope }, callback) => {
      text(stream).then((message) => {
        const from = envelope.mailFrom ? envelope.mailFrom.address : "";
        this.received.push({ from, to: envelope.rcptTo[0]?.address ?? "", ...partsOf(message) });
        callback();
      }, callback);
    },
  });

  static async start(): Promise<MailServer> {
    const server = new MailServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.#server.server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

function partsOf(message: string): { subject: string; body: string } {
  const end = message.indexOf("\r\n\r\n");
  const head = message.slice(0, end).replace(/\r\n[ \t]/g, " ");
  const encoded = message.slice(end + 4);
  const isQuoted = /^content-transfer-encoding: quoted-printable$/im.test(head);
  // RFC 2045, 6.7: a line that ends with = goes on in the next one.
  const body = isQuoted
    ? encoded
        .replace(/=\r\n/g, "")
        .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    : encoded;
  return { subject: /^subject: (.*)$/im.exec(head)?.[1] ?? "", body: body.replaceAll("\r\n", "\n") };
}
